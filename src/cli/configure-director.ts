import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import { checkProfileName } from '../profile/names.ts'
import type { DirectorProfile, SecretReference } from '../profile/profile.ts'
import { wrongKind } from '../profile/store.ts'
import { readSourceUrl } from '../profile/url.ts'
import { stageSecrets } from './keep-secrets.ts'
import { missingFlag, saveConfigured } from './save-source.ts'
import type { Configured, ConfigureParts } from './save-source.ts'
import { blankSource, sourceFromFlags } from './source-definition.ts'
import type { SourceFlags } from './source-fields.ts'
import { secretFromFlags } from './source-flags.ts'

export interface DirectorRequest {
  readonly name: string | undefined
  readonly flags: Partial<SourceFlags>
  /** `NAME=ID` */
  readonly pools: readonly string[]
  /** `POOL/NAME=ID` */
  readonly logpoints: readonly string[]
}

/** Makes or changes a Director profile from flags. It is saved without connecting. */
export async function configureDirector(request: DirectorRequest, parts: ConfigureParts): Promise<Configured> {
  const { name, flags } = request
  if (name === undefined)
    throw missingFlag('The name of the profile', 'Write: stixtaxii configure director NAME --url URL')
  const former = await (await parts.profiles()).find(name)
  if (former && former.kind !== 'director') throw wrongKind(former, 'director')
  const url = flags.url ?? former?.url
  if (url === undefined) throw missingFlag('--url', "Give the Director's address: --url https://director.example")
  const identity = { id: former?.id ?? randomUUID(), name: former?.name ?? checkProfileName(name) }
  const token = await tokenOf(identity, flags, former, parts)
  const pools = { ...former?.pools, ...pairs('--pool', request.pools, /^[^/=]+$/) }
  const logpoints = { ...former?.logpoints, ...pairs('--logpoint', request.logpoints, /^[^/=]+\/[^/=]+$/) }
  for (const path of Object.keys(logpoints)) checkPool(path, pools)
  const profile: DirectorProfile = {
    kind: 'director',
    ...identity,
    url: readSourceUrl('--url', url).href,
    token,
    pools,
    logpoints,
    groups: former?.groups ?? {},
    ...transportOf(flags, former, url, parts),
  }
  const staged = await stageSecrets(profile, flags.credentialStore, await parts.credentials())
  const configured = { profile: staged, former, tried: undefined }
  await saveConfigured(configured, parts)
  return configured
}

async function tokenOf(
  identity: { id: string; name: string },
  flags: Partial<SourceFlags>,
  former: DirectorProfile | undefined,
  parts: ConfigureParts,
): Promise<SecretReference> {
  if (flags.tokenFile !== undefined) return { from: 'path', path: resolve(parts.workingDirectory, flags.tokenFile) }
  const token = (await secretFromFlags(identity, flags, parts)) ?? former?.token
  if (token) return token
  throw missingFlag(
    '--token-file',
    'Put the API token into a file, or give --secret-env NAME or --secret-command COMMAND.',
  )
}

/** TLS and proxy flags mean the same for both kinds. */
function transportOf(
  flags: Partial<SourceFlags>,
  former: DirectorProfile | undefined,
  url: string,
  { workingDirectory }: ConfigureParts,
): Pick<DirectorProfile, 'tls' | 'proxy' | 'allowHttp'> {
  const base = blankSource('director', url)
  const { ca, pin, insecure, proxy, proxyUsername, proxyPasswordFile, proxyBypass, useProxy, allowHttp } = flags
  const given = { ca, pin, insecure, proxy, proxyUsername, proxyPasswordFile, proxyBypass, useProxy, allowHttp }
  const made = sourceFromFlags({ ...base, ...former, ...pickKind }, given, { workingDirectory })
  return { tls: made.tls, proxy: made.proxy, allowHttp: made.allowHttp }
}

const pickKind = { kind: 'taxii' } as const

function pairs(flag: string, texts: readonly string[], name: RegExp): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      const [key, id] = [text.slice(0, at).trim(), text.slice(at + 1).trim()]
      if (at > 0 && name.test(key) && /^[0-9A-Za-z_-]+$/.test(id)) return [key, id]
      throw new StixTaxiiError('PROFILE_FLAG_INVALID', `${flag} "${text}" is not valid`, {
        kind: 'usage',
        hint: flag === '--pool' ? 'Write NAME=IDENTIFIER.' : 'Write POOL/NAME=IDENTIFIER.',
        context: { flag, value: text },
      })
    }),
  )
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
