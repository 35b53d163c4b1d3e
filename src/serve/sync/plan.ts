import type { Secret } from '../../core/secret.ts'
import type { Way } from '../../core/yaml-document.ts'
import type { StixTaxiiError } from '../../core/errors.ts'
import type { Authentication } from '../authentication.ts'
import type { StorePersistence } from '../persistence/open.ts'
import { planAccounts } from './plan-accounts.ts'
import { planApiRoots } from './plan-api-roots.ts'
import { planCollections } from './plan-collections.ts'
import { planServices } from './plan-services.ts'
import type { ServerDataText } from './schema.ts'
import type { StoredCollection } from '../../store/store.ts'

export type SyncKind = 'api-root' | 'collection' | 'service' | 'account'

/** One thing of the server, and what is to become of it. */
export interface SyncStep {
  readonly kind: SyncKind
  readonly name: string
  readonly action: 'create' | 'change' | 'delete' | 'keep'
  /** What differs, by the words of the file. Never a value of an account's password. */
  readonly fields: readonly string[]
  /** Does it. */
  run(): Promise<unknown>
}

export interface SyncParts {
  readonly persistence: StorePersistence
  readonly authentication: Authentication
  readonly stored: readonly StoredCollection[]
  /** The first line of a password file. @throws PROFILE_SECRET_* */
  readonly readPassword: (file: string) => Promise<Secret>
  /** An error that names the line of the file. */
  readonly errorAt: (way: Way, what: string, hint?: string) => StixTaxiiError
}

/**
 * What has to be done so that the server has what the file says, in the order in which it can be done. What the file does
 * not name is left alone; with `prune` it is deleted, in those sections that the file has.
 */
export async function planSync(data: ServerDataText, parts: SyncParts, prune: boolean): Promise<readonly SyncStep[]> {
  const roots = await planApiRoots(data, parts, prune)
  const { steps: collections, served } = await planCollections(data, parts, prune)
  const services = await planServices(data, parts, prune)
  const accounts = await planAccounts(data, parts, { prune, served })
  const all = [...roots, ...collections, ...services, ...accounts]
  // What others stand in goes last.
  return [
    ...all.filter(({ action }) => action !== 'delete'),
    ...all.filter(({ action }) => action === 'delete').reverse(),
  ]
}

/** A thing that is as the file says. */
export function kept(kind: SyncKind, name: string): SyncStep {
  return { kind, name, action: 'keep', fields: [], run: async () => undefined }
}

/** The words of the file whose wanted value is not the one there is; what either does not have does not differ. */
export function differences(
  wanted: Readonly<Record<string, unknown>>,
  present: Readonly<Record<string, unknown>>,
): readonly string[] {
  return Object.keys(wanted).filter(
    (key) =>
      wanted[key] !== undefined &&
      Object.hasOwn(present, key) &&
      JSON.stringify(wanted[key]) !== JSON.stringify(present[key]),
  )
}

/** Without what is undefined, so that it can be spread over what there is. */
export function said<Fields extends object>(
  fields: Fields,
): Partial<{ [Key in keyof Fields]: Exclude<Fields[Key], undefined> }> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<{
    [Key in keyof Fields]: Exclude<Fields[Key], undefined>
  }>
}
