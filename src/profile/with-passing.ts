import { StixTaxiiError } from '../core/errors.ts'
import type { Profile, ProfileStore } from './profile.ts'

/**
 * A profile store with one profile more that is not in its file and cannot be changed: the one that the environment makes.
 * It is the default while it is there. `open` is called only when the file itself is wanted, so that a machine without a
 * home folder can work from its environment alone.
 */
export function withPassingProfile(passing: Profile, open: () => Promise<ProfileStore>): ProfileStore {
  const isPassing = (name: string): boolean => name.toLowerCase() === passing.name.toLowerCase()
  const guarded = (name: string): Promise<ProfileStore> => (isPassing(name) ? Promise.reject(fixed(passing)) : open())
  return {
    path: 'environment',
    async list() {
      const saved = (await saving(open, (store) => store.list())) ?? []
      return [...saved, passing].sort((left, right) => (left.name < right.name ? -1 : 1))
    },
    get: async (name) => (isPassing(name) ? passing : (await open()).get(name)),
    find: async (name) => (isPassing(name) ? passing : (await open()).find(name)),
    save: async (profile) => (await guarded(profile.name)).save(profile),
    rename: async (name, newName) => (await guarded(name)).rename(name, newName),
    remove: async (name) => (await guarded(name)).remove(name),
    defaultName: async (kind) =>
      kind === passing.kind ? passing.name : saving(open, (store) => store.defaultName(kind)),
    async setDefault(kind, name) {
      await (await guarded(name ?? '')).setDefault(kind, name)
    },
  }
}

/** A user without a home folder has nothing saved. */
async function saving<T>(
  open: () => Promise<ProfileStore>,
  ask: (store: ProfileStore) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await ask(await open())
  } catch (error) {
    if (error instanceof StixTaxiiError && error.code === 'CLI_HOME_UNKNOWN') return undefined
    throw error
  }
}

function fixed({ name, kind }: Profile): StixTaxiiError {
  return new StixTaxiiError('PROFILE_NOT_SAVED', `"${name}" is made of variables of the environment and is not saved`, {
    kind: 'usage',
    hint: `Change the STIXTAXII_ variables, or unset ${kind === 'taxii' ? 'STIXTAXII_URL' : 'STIXTAXII_DIRECTOR_URL'}.`,
    context: { name },
  })
}
