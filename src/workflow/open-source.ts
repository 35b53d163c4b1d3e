import { durationMs, parseDuration } from '../core/duration.ts'
import { StixTaxiiError } from '../core/errors.ts'
import type { NoticeSink } from '../core/notice.ts'
import type { Clock, Http } from '../core/ports.ts'
import type { HttpOptions } from '../http/options.ts'
import type { Credentials, TaxiiProfile } from '../profile/profile.ts'
import { isLoopback, readSourceUrl } from '../profile/url.ts'
import type { TaxiiClient } from '../taxii/client.ts'
import type { Preset, TaxiiDependencies, TaxiiSettings } from '../taxii/settings.ts'
import { accessOf, hasSecrets, originsOf } from './access-of.ts'
import { proxyOf } from './proxy-of.ts'
import { tlsOf } from './tls-of.ts'

export interface OpenSourceDependencies {
  readonly credentials: Pick<Credentials, 'resolve'>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly random: () => number
  readonly notices: NoticeSink
  readonly userAgent: string
  readonly trace?: HttpOptions['trace']
  readonly openHttp: (options: HttpOptions) => Http | Promise<Http>
  readonly connectTaxii: (
    settings: TaxiiSettings,
    dependencies: TaxiiDependencies,
    signal?: AbortSignal,
  ) => TaxiiClient | Promise<TaxiiClient>
  readonly findPreset: (name: string) => Preset | undefined | Promise<Preset | undefined>
}

/** An open way to one source; closing it closes its connections. */
export interface OpenedSource extends AsyncDisposable {
  readonly http: Http
  readonly client: TaxiiClient
}

/**
 * Opens a profile: reads its secrets and files, opens its transport, finds out its version.
 *
 * What weakens security is said each time: verification that is off, plain http. Nothing stays open when it fails.
 * @throws whatever resolving, connecting and probing throw; PROFILE_TLS_DISABLED, PROFILE_HTTP_REFUSED (refused).
 */
export async function openSource(
  profile: TaxiiProfile,
  dependencies: OpenSourceDependencies,
  signal?: AbortSignal,
): Promise<OpenedSource> {
  const preset = await presetOf(profile, dependencies)
  warnOfWeakness(profile, dependencies)
  const http = await dependencies.openHttp(await httpOptionsOf(profile, preset, dependencies))
  try {
    const { clock, notices } = dependencies
    const settings = taxiiSettingsOf(profile, preset)
    const client = await dependencies.connectTaxii(settings, { http, clock, notices }, signal)
    if (!isPlainHttpAllowed(profile, client.version)) throw plainHttpRefused(profile)
    return { http, client, [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() }
  } catch (error) {
    await http[Symbol.asyncDispose]()
    throw error
  }
}

/** The transport's options for a profile, with its secrets and files read. */
export async function httpOptionsOf(
  profile: TaxiiProfile,
  preset: Preset | undefined,
  dependencies: Omit<OpenSourceDependencies, 'openHttp' | 'connectTaxii' | 'findPreset'>,
): Promise<HttpOptions> {
  readSourceUrl('url', profile.url)
  const tls = await tlsOf(profile, dependencies)
  const { clock, random, notices, userAgent, trace } = dependencies
  return {
    origins: originsOf(profile),
    allowOrigins: profile.allowOrigins,
    access: await accessOf(profile, dependencies),
    tls,
    proxy: await proxyOf(profile, tls.ca, dependencies),
    rate: preset?.rate,
    userAgent,
    plainHttp: plainHttpRule(profile, versionOf(profile, preset)),
    trace,
    // `warnOfWeakness` says so already, with the name of the profile.
    notices: (notice) => (notice.code === 'HTTP_INSECURE' ? undefined : notices(notice)),
    clock,
    random,
  }
}

/** What the TAXII client is opened with; what the profile leaves open is taken from its preset. */
export function taxiiSettingsOf(profile: TaxiiProfile, preset: Preset | undefined): TaxiiSettings {
  const window = profile.maxWindow === undefined ? undefined : parseDuration(profile.maxWindow)
  return {
    url: new URL(profile.url),
    version: versionOf(profile, preset),
    preset,
    apiRoot: profile.apiRoot ?? preset?.apiRoot,
    pageSize: profile.pageSize ?? preset?.pageSize,
    maxWindowMs: window ? durationMs(window) : preset?.maxWindowMs,
    allowOrigins: profile.allowOrigins,
  }
}

async function presetOf(
  profile: TaxiiProfile,
  { findPreset }: Pick<OpenSourceDependencies, 'findPreset'>,
): Promise<Preset | undefined> {
  if (profile.preset === undefined) return undefined
  const preset = await findPreset(profile.preset)
  if (preset) return preset
  throw new StixTaxiiError('PROFILE_PRESET_UNKNOWN', `Profile "${profile.name}" names a preset "${profile.preset}"`, {
    kind: 'config',
    hint: 'This program does not know it. Choose another with: stixtaxii configure',
    context: { profile: profile.name, preset: profile.preset },
  })
}

function versionOf(profile: TaxiiProfile, preset: Preset | undefined): TaxiiSettings['version'] {
  return profile.version === 'auto' ? (preset?.version ?? 'auto') : profile.version
}

/**
 * Plain http is free to loopback. Elsewhere 1.x warns and 2.x needs `--allow-http`. While the version is unknown, only a
 * profile without secrets may go and look; the answer is judged by `isPlainHttpAllowed`.
 */
function plainHttpRule(profile: TaxiiProfile, version: TaxiiSettings['version']): HttpOptions['plainHttp'] {
  if (profile.allowHttp) return 'allow'
  if (version.startsWith('1.')) return 'warn'
  return version === 'auto' && !hasSecrets(profile) ? 'warn' : 'refuse'
}

function isPlainHttpAllowed(profile: TaxiiProfile, version: TaxiiClient['version']): boolean {
  const url = new URL(profile.url)
  return url.protocol === 'https:' || profile.allowHttp || isLoopback(url) || version.startsWith('1.')
}

function plainHttpRefused(profile: TaxiiProfile): StixTaxiiError {
  return new StixTaxiiError('PROFILE_HTTP_REFUSED', `${profile.url} speaks TAXII 2 over plain http`, {
    kind: 'refused',
    hint: 'Use its https address. If there is none and you accept that others can read and change what comes: --allow-http',
    context: { url: profile.url },
  })
}

function warnOfWeakness(profile: TaxiiProfile, { environment, notices }: OpenSourceDependencies): void {
  if (profile.tls.insecure) {
    notices({
      code: 'PROFILE_TLS_INSECURE',
      message: `The identity of ${new URL(profile.url).host} is not verified (profile "${profile.name}" says --insecure)`,
    })
  }
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return
  if (hasSecrets(profile)) {
    throw new StixTaxiiError('PROFILE_TLS_DISABLED', 'NODE_TLS_REJECT_UNAUTHORIZED=0 would send secrets to anybody', {
      kind: 'refused',
      hint: 'Unset that variable. For a private authority use --ca FILE; verification is switched off per profile only.',
      context: { profile: profile.name },
    })
  }
  notices({ code: 'PROFILE_TLS_DISABLED', message: 'NODE_TLS_REJECT_UNAUTHORIZED=0 is set; it is not followed' })
}
