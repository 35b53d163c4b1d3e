import { StixTaxiiError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import type { Clock } from '../core/ports.ts'
import { readUrl } from '../core/url.ts'
import { openDocument } from './document.ts'
import type { ProcessTable } from './lock.ts'
import { checkProfileName } from './names.ts'
import type { Profile, ProfileKind, ProfileStore } from './profile.ts'
import { emptyProfileFile, parseProfileFile } from './profile-file.ts'
import { profileSchema } from './schema.ts'
import type { ProfileFile } from './schema.ts'

export interface ProfileStoreOptions {
  /** Absolute path of the configuration folder; made, 0700, when something is first saved. */
  readonly directory: string
  readonly clock: Clock
  readonly processes: ProcessTable
}

/**
 * Opens the profiles of one user: `profiles.json` (0600) in `directory`, the version before in `profiles.json.bak`.
 *
 * Each call reads the file anew, so it sees what other processes wrote. Writing reads, changes and replaces the file under
 * a lock. Opening touches nothing.
 */
export function openProfileStore(options: ProfileStoreOptions): Promise<ProfileStore> {
  const document = openDocument({ ...options, name: 'profiles', backup: true })
  const load = async (): Promise<ProfileFile> => parseProfileFile(document.path, await document.read())
  const change = (edit: (file: ProfileFile) => ProfileFile): Promise<void> =>
    document.update(async (text) => {
      const before = text === undefined ? emptyProfileFile : await parseProfileFile(document.path, text)
      const after = edit(before)
      return { ...after, profiles: [...after.profiles].sort(byName) }
    })
  return Promise.resolve({
    path: document.path,
    list: async () => [...(await load()).profiles].sort(byName),
    get: async (name) => wanted(await load(), name),
    find: async (name) => found(await load(), name),
    save: (profile) => change((file) => withProfile(file, profile)),
    rename: (name, newName) => change((file) => renamed(file, name, newName)),
    remove: (name) => change((file) => without(file, name)),
    async defaultName(kind) {
      const file = await load()
      const name = file.defaults[kind]
      return name === undefined ? undefined : found(file, name)?.name
    },
    setDefault: (kind, name) => change((file) => withDefault(file, kind, name)),
  })
}

function byName(left: Profile, right: Profile): number {
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0
}

/** Names are looked up whatever their case, because two that differ only in case cannot be told apart everywhere. */
function found(file: ProfileFile, name: string): Profile | undefined {
  return file.profiles.find((profile) => profile.name.toLowerCase() === name.toLowerCase())
}

const looksLikeAddress = (name: string): boolean =>
  /^[^\s/@]+[.:][^\s@]+$/.test(name) && readUrl(`https://${name}`) !== undefined

function wanted(file: ProfileFile, name: string): Profile {
  const profile = found(file, name)
  if (profile) return profile
  const names = file.profiles.map((candidate) => candidate.name)
  const near = nearestName(name, names)
  throw new StixTaxiiError('PROFILE_UNKNOWN', `There is no profile "${name}"`, {
    kind: 'not-found',
    hint: looksLikeAddress(name)
      ? `If that is an address, write it as https://${name}`
      : near
        ? `Did you mean "${near}"? All of them: stixtaxii profile list`
        : names.length === 0
          ? 'None is saved yet. Make one with: stixtaxii configure'
          : 'List them with: stixtaxii profile list',
    context: { name, nearest: near },
  })
}

function withProfile(file: ProfileFile, profile: Profile): ProfileFile {
  checkProfileName(profile.name)
  const holder = found(file, profile.name)
  if (holder && holder.id !== profile.id) throw nameTaken(profile.name)
  const former = file.profiles.find(({ id }) => id === profile.id)
  const profiles = [...file.profiles.filter(({ id }) => id !== profile.id), profileSchema.parse(profile)]
  const defaults = former ? movedDefaults(file, former.name, profile.name) : file.defaults
  return { ...file, defaults, profiles }
}

function renamed(file: ProfileFile, name: string, newName: string): ProfileFile {
  return withProfile(file, { ...wanted(file, name), name: checkProfileName(newName) })
}

function without(file: ProfileFile, name: string): ProfileFile {
  const { id, name: exact } = wanted(file, name)
  return {
    ...file,
    defaults: movedDefaults(file, exact, undefined),
    profiles: file.profiles.filter((profile) => profile.id !== id),
  }
}

function withDefault(file: ProfileFile, kind: ProfileKind, name: string | undefined): ProfileFile {
  if (name === undefined) return { ...file, defaults: { ...file.defaults, [kind]: undefined } }
  const profile = wanted(file, name)
  if (profile.kind !== kind) throw wrongKind(profile, kind)
  return { ...file, defaults: { ...file.defaults, [kind]: profile.name } }
}

/** The error for a profile of the other kind than the command is for. */
export function wrongKind(profile: Profile, kind: ProfileKind): StixTaxiiError {
  return new StixTaxiiError('PROFILE_KIND_WRONG', `"${profile.name}" is a ${profile.kind} profile, not a ${kind} one`, {
    kind: 'usage',
    hint: 'List the profiles with: stixtaxii profile list',
    context: { name: profile.name, kind: profile.kind, expected: kind },
  })
}

function movedDefaults(file: ProfileFile, from: string, to: string | undefined): ProfileFile['defaults'] {
  const move = (name: string | undefined): string | undefined => (name === from ? to : name)
  return { taxii: move(file.defaults.taxii), director: move(file.defaults.director) }
}

function nameTaken(name: string): StixTaxiiError {
  return new StixTaxiiError('PROFILE_NAME_TAKEN', `There is already a profile "${name}"`, {
    kind: 'conflict',
    hint: 'Names are shared by TAXII and Director profiles and do not differ by case alone. Choose another, or remove that one.',
    context: { name },
  })
}
