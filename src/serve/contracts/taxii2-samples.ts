import type { ApiRoot, Taxii2Collection, Taxii2Persistence } from '../taxii2-persistence.ts'

/** Content for the checks of TAXII 2 persistences. */

export function anId(type: string, number: number): string {
  return `${type}--00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`
}

export function anIndicator(number: number, more: Readonly<Record<string, unknown>> = {}): Buffer {
  const created = '2026-01-01T00:00:00.000Z'
  const common = { type: 'indicator', spec_version: '2.1', id: anId('indicator', number), created, modified: created }
  const pattern = `[ipv4-addr:value = '192.0.2.${number % 256}']`
  return Buffer.from(JSON.stringify({ ...common, pattern, pattern_type: 'stix', valid_from: created, ...more }))
}

export function indicators(count: number, from = 1): Buffer[] {
  return Array.from({ length: count }, (_, index) => anIndicator(from + index))
}

export async function aRoot(persistence: Taxii2Persistence, id = 'checked'): Promise<ApiRoot> {
  return persistence.createApiRoot({ id, isDefault: false, title: 'Checked', isPublic: false })
}

/** A collection that can be written, in an API root of its own unless there is one. */
export async function aCollection(
  persistence: Taxii2Persistence,
  more: Partial<Taxii2Collection> = {},
): Promise<Taxii2Collection> {
  const apiRootId = more.apiRootId ?? (await aRoot(persistence)).id
  const rights = { isPublic: false, isPublicWrite: false, isWritable: true }
  return persistence.createCollection({ title: 'A collection', ...rights, ...more, apiRootId })
}

/** A collection with these objects in it. */
export async function aFilled(persistence: Taxii2Persistence, objects: readonly Buffer[]): Promise<Taxii2Collection> {
  const collection = await aCollection(persistence)
  await persistence.addObjects(collection.apiRootId, collection, objects)
  return collection
}
