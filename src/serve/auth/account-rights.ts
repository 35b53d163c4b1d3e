import type { Permissions } from '../authentication.ts'

/** A collection as rights name it; `*` in both fields: every collection. */
export interface RightsTarget {
  /** For TAXII 2. */
  readonly id: string
  /** For TAXII 1. */
  readonly name: string
}

export type Right = 'read' | 'write'

export const everyCollection: RightsTarget = { id: '*', name: '*' }

/** What somebody may do there, in both families. */
export function rightsIn({ taxii1, taxii2 }: Permissions, { id, name }: RightsTarget): readonly Right[] {
  const given = Object.hasOwn(taxii1, name) ? taxii1[name] : undefined
  const listed = Object.hasOwn(taxii2, id) ? (taxii2[id] ?? []) : []
  const canRead = given === 'read' || given === 'modify' || listed.includes('read')
  const canWrite = given === 'write' || given === 'modify' || listed.includes('write')
  return [...(canRead ? (['read'] as const) : []), ...(canWrite ? (['write'] as const) : [])]
}

/** The same rights in both families, in the place of those there were; none take the collection out. */
export function withRights(permissions: Permissions, target: RightsTarget, rights: readonly Right[]): Permissions {
  const taxii1 = new Map(Object.entries(permissions.taxii1))
  const taxii2 = new Map(Object.entries(permissions.taxii2))
  taxii1.delete(target.name)
  taxii2.delete(target.id)
  if (rights.length > 0) {
    taxii1.set(target.name, rights.length > 1 ? 'modify' : rights.includes('write') ? 'write' : 'read')
    taxii2.set(target.id, [...rights])
  }
  return { taxii1: Object.fromEntries(taxii1), taxii2: Object.fromEntries(taxii2) }
}
