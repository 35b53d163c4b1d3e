import { resolve } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import type { DirectorProfile } from '../profile/profile.ts'
import { wrongKind } from '../profile/store.ts'
import { readSourceUrl } from '../profile/url.ts'
import type { DirectorFlags } from './director-fields.ts'
import { readDirectoryFile } from './director-directory-file.ts'
import type { Runtime } from './runtime.ts'
import { missingFlag } from './save-source.ts'
import { stableId } from './source-environment.ts'

/** Parts of the runtime that `wantedDirector` works with. */
export type WantedDirectorParts = Pick<Runtime, 'options' | 'environment' | 'workingDirectory' | 'profiles'>

/**
 * The Director a command is for: `--director-url` (a profile that is not kept), `--profile`, that of the environment, the
 * default, or the only one there is. The other flags change it for this run.
 * @throws PROFILE_UNKNOWN (not-found), PROFILE_KIND_WRONG, DIRECTOR_UNNAMED, PROFILE_FLAG_MISSING (usage),
 * DIRECTOR_DIRECTORY_* (config)
 */
export async function wantedDirector(flags: DirectorFlags, parts: WantedDirectorParts): Promise<DirectorProfile> {
  const absolute = (file: string): string => resolve(parts.workingDirectory, file)
  const base = flags.directorUrl === undefined ? await savedDirector(parts) : passingDirector(flags, absolute)
  const directory = flags.directory === undefined ? undefined : await readDirectoryFile(absolute(flags.directory))
  return {
    ...base,
    // The age that the profile knows is that of its own token.
    ...(flags.directorTokenFile === undefined
      ? {}
      : { token: { from: 'path', path: absolute(flags.directorTokenFile) }, tokenSince: undefined }),
    tls: flags.directorCa === undefined ? base.tls : { ...base.tls, ca: flags.directorCa.map(absolute) },
    pools: { ...base.pools, ...directory?.pools },
    logpoints: { ...base.logpoints, ...directory?.logpoints },
    groups: { ...base.groups, ...directory?.groups },
  }
}

function passingDirector(
  { directorUrl = '', directorTokenFile }: DirectorFlags,
  absolute: (file: string) => string,
): DirectorProfile {
  const url = readSourceUrl('--director-url', directorUrl)
  if (directorTokenFile === undefined) {
    throw missingFlag('--director-token-file', 'Put the API token into a file, and name it.')
  }
  return {
    kind: 'director',
    id: stableId('director', url.href),
    name: url.host,
    url: url.href,
    token: { from: 'path', path: absolute(directorTokenFile) },
    pools: {},
    logpoints: {},
    groups: {},
    tls: {},
    allowHttp: false,
  }
}

async function savedDirector({ options, environment, profiles }: WantedDirectorParts): Promise<DirectorProfile> {
  const store = await profiles()
  if (options.profile !== undefined) {
    const isTyped = options.profile !== environment.STIXTAXII_PROFILE
    const profile = isTyped ? await store.get(options.profile) : await store.find(options.profile)
    if (profile?.kind === 'director') return profile
    // A variable set for commands about sources does not concern this one.
    if (profile && isTyped) throw wrongKind(profile, 'director')
  }
  const chosen = await store.defaultName('director')
  const found = (await store.list()).filter((profile) => profile.kind === 'director')
  const fitting = chosen === undefined ? found : found.filter(({ name }) => name === chosen)
  const [only] = fitting
  if (only && fitting.length === 1) return only
  throw new StixTaxiiError(
    'DIRECTOR_UNNAMED',
    only ? 'Several Directors, and no default' : 'There is no Director yet',
    {
      kind: 'usage',
      hint: only
        ? `Name one with --profile (${found.map(({ name }) => name).join(', ')}), or choose: stixtaxii profile use NAME`
        : 'Make a profile with: stixtaxii configure director NAME --url URL --token-file FILE',
    },
  )
}
