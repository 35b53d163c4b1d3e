import { StixTaxiiError } from '../core/errors.ts'
import type { NoticeSink } from '../core/notice.ts'
import type { Clock, Http } from '../core/ports.ts'
import type { DirectorClient } from '../director/client.ts'
import type { DirectorClientOptions } from '../director/open-client.ts'
import type { HttpOptions } from '../http/options.ts'
import type { Credentials, DirectorProfile } from '../profile/profile.ts'
import { isLoopback, readSourceUrl } from '../profile/url.ts'
import { proxyOf } from './proxy-of.ts'
import { tlsOf } from './tls-of.ts'

export interface OpenDirectorDependencies {
  readonly credentials: Pick<Credentials, 'resolve'>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly random: () => number
  readonly notices: NoticeSink
  readonly userAgent: string
  readonly trace?: HttpOptions['trace']
  readonly openHttp: (options: HttpOptions) => Http | Promise<Http>
  readonly createClient: (options: DirectorClientOptions) => DirectorClient
}

/** An open way to one Director; closing it closes its connections. */
export interface OpenedDirector extends AsyncDisposable {
  readonly client: DirectorClient
}

/** A token of the ordinary kind lives 8 hours (Director Authentication, "Generate Token"). */
export const tokenLifeMs = 8 * 3_600_000
const tokenOldMs = 7.5 * 3_600_000

/**
 * Opens a Director profile: reads its token and files, opens its transport. Nothing is sent yet.
 *
 * The token goes to the profile's own origin only, and to nowhere by plain http but this machine, unless the profile says
 * so. What weakens security is said each time, and so is a token that is about to end.
 * @throws whatever resolving and opening throw; PROFILE_TLS_DISABLED, PROFILE_HTTP_REFUSED (refused).
 */
export async function openDirector(
  profile: DirectorProfile,
  dependencies: OpenDirectorDependencies,
): Promise<OpenedDirector> {
  warnOfWeakness(profile, dependencies)
  const http = await dependencies.openHttp(await httpOptionsOf(profile, dependencies))
  const { clock, notices } = dependencies
  const { apiPrefix, packageUpload } = profile
  const client = dependencies.createClient({
    http,
    url: new URL(profile.url),
    apiPrefix,
    packageUpload,
    clock,
    notices,
  })
  return { client, [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() }
}

/** How long the profile's token has at least been in use, in milliseconds; undefined where nothing tells. */
export function tokenAgeMs(profile: DirectorProfile, now: Date): number | undefined {
  if (profile.tokenAlwaysActive || profile.tokenSince === undefined) return undefined
  return now.getTime() - Date.parse(profile.tokenSince)
}

/** What to say of a token that is old, by its age; undefined while it is young or its age is not known. */
export function tokenAgeWarning(profile: DirectorProfile, now: Date): string | undefined {
  const age = tokenAgeMs(profile, now)
  if (age === undefined || age < tokenOldMs) return undefined
  const hours = Math.floor(age / 360_000) / 10
  return age < tokenLifeMs
    ? `The token of ${profile.name} is ${hours} h old; tokens end after 8 hours`
    : `The token of ${profile.name} is ${hours} h old; unless it is "Always Active" it has ended`
}

async function httpOptionsOf(
  profile: DirectorProfile,
  dependencies: Omit<OpenDirectorDependencies, 'openHttp' | 'createClient'>,
): Promise<HttpOptions> {
  const url = readSourceUrl('url', profile.url)
  if (url.protocol === 'http:' && !isLoopback(url) && !profile.allowHttp) throw plainHttpRefused(profile)
  const tls = await tlsOf(profile, dependencies)
  const { clock, random, notices, userAgent, trace } = dependencies
  const token = await dependencies.credentials.resolve(profile.token, {
    what: "Director's token",
    profile: profile.name,
  })
  return {
    origins: [url.origin],
    access: [{ origin: url.origin, pathPrefix: '/', authentication: { scheme: 'bearer', token }, headers: [] }],
    tls,
    proxy: await proxyOf(profile, tls.ca, dependencies),
    userAgent,
    plainHttp: profile.allowHttp ? 'allow' : 'refuse',
    // API reference, section 11: reads are tried three times more.
    retry: { maxRetries: 3 },
    trace,
    // `warnOfWeakness` says so already, with the name of the profile.
    notices: (notice) => (notice.code === 'HTTP_INSECURE' ? undefined : notices(notice)),
    clock,
    random,
  }
}

function plainHttpRefused(profile: DirectorProfile): StixTaxiiError {
  return new StixTaxiiError('PROFILE_HTTP_REFUSED', `${profile.url} is plain http: the token would go in clear`, {
    kind: 'refused',
    hint: 'Use its https address. If there is none and you accept that others can read and use the token: --allow-http',
    context: { url: profile.url },
  })
}

function warnOfWeakness(
  profile: DirectorProfile,
  { environment, notices, clock }: Pick<OpenDirectorDependencies, 'environment' | 'notices' | 'clock'>,
): void {
  if (profile.tls.insecure) {
    notices({
      code: 'PROFILE_TLS_INSECURE',
      message: `The identity of ${new URL(profile.url).host} is not verified (profile "${profile.name}" says --insecure)`,
    })
  }
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    throw new StixTaxiiError('PROFILE_TLS_DISABLED', 'NODE_TLS_REJECT_UNAUTHORIZED=0 would send secrets to anybody', {
      kind: 'refused',
      hint: 'Unset that variable. For a private authority use --ca FILE; verification is switched off per profile only.',
      context: { profile: profile.name },
    })
  }
  const old = tokenAgeWarning(profile, clock.now())
  if (old !== undefined) notices({ code: 'DIRECTOR_TOKEN_OLD', message: old })
}
