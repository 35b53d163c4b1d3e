import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'
import type { DirectorProfile, SecretReference } from '../profile/profile.ts'
import { readSourceUrl } from '../profile/url.ts'
import { readDirectoryFile } from './director-directory-file.ts'
import { readChanges, readGroups, withChanges } from './director-pairs.ts'
import { blankSource, sourceFromFlags } from './source-definition.ts'
import type { SourceFlags } from './source-fields.ts'

/** What `configure director` was told besides the flags that both kinds have. */
export interface DirectorSettings {
  /** `NAME=ID` */
  readonly pools: readonly string[]
  /** `POOL/NAME=ID` */
  readonly logpoints: readonly string[]
  /** `NAME=TARGET,TARGET` */
  readonly groups: readonly string[]
  /** File with all of those. */
  readonly directory: string | undefined
  readonly apiPrefix: string | undefined
  readonly packageUpload: 'raw' | 'multipart' | undefined
  readonly tokenAlwaysActive: boolean | undefined
}

/** A profile with nothing in it yet but a name, an address and the place of its token. */
export function blankDirector(
  identity: Pick<DirectorProfile, 'id' | 'name'>,
  url: string,
  token: SecretReference,
): DirectorProfile {
  return {
    kind: 'director',
    ...identity,
    url,
    token,
    pools: {},
    logpoints: {},
    groups: {},
    tls: {},
    allowHttp: false,
  }
}

/**
 * The profile as the flags change it; what no flag names stays, an empty value removes. `token` is the new place of the
 * token, where there is one.
 * @throws PROFILE_URL_*, PROFILE_FLAG_INVALID (usage), DIRECTOR_DIRECTORY_* (config, not-found)
 */
export async function directorFromFlags(
  base: DirectorProfile,
  flags: Partial<SourceFlags>,
  settings: DirectorSettings,
  { workingDirectory, clock, token }: { workingDirectory: string; clock: Clock; token: SecretReference | undefined },
): Promise<DirectorProfile> {
  const { directory: file, apiPrefix, packageUpload, tokenAlwaysActive } = settings
  const imported = file === undefined ? undefined : await readDirectoryFile(resolve(workingDirectory, file))
  const poolChanges = readChanges('--pool', settings.pools)
  const pools = withChanges({ ...base.pools, ...imported?.pools }, poolChanges)
  const gone = Object.keys(poolChanges).filter((name) => poolChanges[name] === undefined)
  const kept = Object.entries({ ...base.logpoints, ...imported?.logpoints }).filter(
    ([path]) => !gone.includes(path.split('/')[0] ?? ''),
  )
  const logpoints = withChanges(Object.fromEntries(kept), readChanges('--logpoint', settings.logpoints))
  for (const path of Object.keys(logpoints)) checkPool(path, pools)
  return {
    ...base,
    url: flags.url === undefined ? base.url : readSourceUrl('--url', flags.url).href,
    ...(token === undefined ? {} : { token, tokenSince: await sinceOf(token, clock) }),
    tokenAlwaysActive: tokenAlwaysActive ?? base.tokenAlwaysActive,
    apiPrefix: apiPrefix === undefined ? base.apiPrefix : apiPrefixOf(apiPrefix),
    packageUpload: packageUpload ?? base.packageUpload,
    pools,
    logpoints,
    groups: withChanges({ ...base.groups, ...imported?.groups }, readGroups(settings.groups)),
    ...transportOf(flags, base, workingDirectory),
  }
}

/** Since when a token has been in use at least: a file's last change, else now; nothing tells it of a variable or a helper. */
async function sinceOf(token: SecretReference, clock: Clock): Promise<string | undefined> {
  switch (token.from) {
    case 'path':
      return (await stat(token.path).catch(() => undefined))?.mtime.toISOString()
    case 'env':
    case 'command':
      return undefined
    default:
      return clock.now().toISOString()
  }
}

/** TLS and proxy flags mean the same for both kinds. */
function transportOf(
  flags: Partial<SourceFlags>,
  former: DirectorProfile,
  workingDirectory: string,
): Pick<DirectorProfile, 'tls' | 'proxy' | 'allowHttp'> {
  const { ca, pin, insecure, proxy, proxyUsername, proxyPasswordFile, proxyBypass, useProxy, allowHttp } = flags
  const given = { ca, pin, insecure, proxy, proxyUsername, proxyPasswordFile, proxyBypass, useProxy, allowHttp }
  const { tls, proxy: formerProxy, allowHttp: formerAllow } = former
  const base = { ...blankSource(former.name, former.url), tls, proxy: formerProxy, allowHttp: formerAllow }
  const made = sourceFromFlags(base, given, { workingDirectory })
  return { tls: made.tls, proxy: made.proxy, allowHttp: made.allowHttp }
}

function apiPrefixOf(text: string): string | undefined {
  const bare = text.trim().replace(/^\/+|\/+$/g, '')
  if (bare === '') return undefined
  if (/^[A-Za-z0-9_-]+(?:\/[A-Za-z0-9_-]+)*$/.test(bare)) return bare
  throw new StixTaxiiError('PROFILE_FLAG_INVALID', `--api-prefix "${text}" is not valid`, {
    kind: 'usage',
    hint: 'Write path segments: configapi, or configapi/v1',
    context: { flag: '--api-prefix', value: text },
  })
}

function checkPool(path: string, pools: Readonly<Record<string, string>>): void {
  const [pool = ''] = path.split('/')
  if (Object.hasOwn(pools, pool)) return
  throw new StixTaxiiError('PROFILE_FLAG_INVALID', `--logpoint "${path}" names a pool that is not known`, {
    kind: 'usage',
    hint: `Add it: --pool ${pool}=IDENTIFIER`,
    context: { flag: '--logpoint', value: path },
  })
}
