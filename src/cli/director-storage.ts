import type { Storage } from '../director/client.ts'
import { resolvePool } from '../director/directory.ts'
import type { Directory } from '../director/directory.ts'
import { StixTaxiiError } from '../core/errors.ts'

/**
 * The storage that `--pool` and `--public` mean: the public one only when it is named, else that of the pool.
 * @throws DIRECTOR_STORAGE_TWICE (usage) for both; what `resolvePool` throws.
 */
export function wantedStorage(directory: Directory, flags: { pool?: string | undefined; public: boolean }): Storage {
  if (!flags.public) return { location: 'private', pool: resolvePool(directory, flags.pool) }
  if (flags.pool === undefined) return { location: 'public' }
  throw new StixTaxiiError('DIRECTOR_STORAGE_TWICE', '--public means no pool, and --pool one', {
    kind: 'usage',
    hint: 'Give the one or the other.',
  })
}

/** The fields of a record that say which storage it is about. */
export function storageRecord(storage: Storage): { location: 'private' | 'public'; pool: string | null } {
  return { location: storage.location, pool: storage.location === 'private' ? storage.pool.name : null }
}

/** In a sentence: `the private storage of acme`. */
export function describeStorage(storage: Storage): string {
  return storage.location === 'public'
    ? 'the public storage, which every pool sees'
    : `the storage of ${storage.pool.name}`
}

/** Columns of a listing of files. */
export const fileListShape = {
  columns: [
    { field: 'name', head: 'Name', long: 'whole' },
    { field: 'location', head: 'Storage' },
    { field: 'pool', head: 'Pool' },
  ],
  name: 'name',
  empty: 'Nothing is there',
} as const
