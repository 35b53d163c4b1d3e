import { StixTaxiiError } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'
import type { DirectorClient } from '../director/client.ts'
import { allLogpoints } from '../director/directory.ts'
import type { DirectorProfile } from '../profile/profile.ts'
import { failed, ok, warn } from './check.ts'
import type { Check } from './check.ts'
import { checkCertificate, checkHost, usesProxy } from './doctor-source.ts'
import { tokenAgeMs, tokenAgeWarning } from './open-director.ts'

/** An open connection, as `openDirector` gives it. */
export interface DirectorConnection extends AsyncDisposable {
  readonly client: Pick<DirectorClient, 'sources'>
}

interface Parts {
  readonly clock: Clock
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly connectDirector: (profile: DirectorProfile, signal: AbortSignal) => Promise<DirectorConnection>
}

/** What plugin 6.1.0 wants, by its guide; nothing of it can be asked of Director. */
export const pluginPrerequisites =
  'StixTaxii 6.1.0 needs Director Fabric 1.4.0, Director Console 1.6.0, Logpoint 6.12.2 and the Threat Intelligence plugin ' +
  '5.0.0, each of them or a later one'

/** Looks at one Director: its name, certificate and token, then the fetch status of each Logpoint that is named. */
export async function* checkDirector(
  profile: DirectorProfile,
  parts: Parts,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  if (profile.tls.insecure) {
    const message = 'The identity of the Director is not verified'
    yield warn('verification', message, `stixtaxii configure director ${profile.name} --no-insecure --ca FILE`)
  }
  const url = new URL(profile.url)
  if (!usesProxy(profile, parts.environment)) {
    const host = await checkHost(url)
    yield host
    if (host.status === 'fail') return
    if (url.protocol === 'https:') yield await checkCertificate(url, parts.clock)
  }
  yield checkToken(profile, parts.clock.now())
  yield ok('prerequisites', `${pluginPrerequisites}; Director does not tell which it has`)
  const logpoints = allLogpoints(profile)
  if (logpoints.length === 0) {
    const add = `stixtaxii configure director ${profile.name} --pool NAME=ID --logpoint POOL/NAME=ID`
    yield warn('Logpoints', 'None is named, so that neither address nor token can be tried', add)
    return
  }
  let connection: DirectorConnection
  try {
    connection = await parts.connectDirector(profile, signal)
  } catch (error) {
    yield failed('connection', error)
    return
  }
  try {
    for (const logpoint of logpoints) {
      const check = await checkLogpoint(connection.client, logpoint, signal)
      yield check
      // Neither another Logpoint nor another try mends a token, an identity or a connection.
      if (check.status === 'fail' && ['auth', 'refused', 'network'].includes(check.kind ?? '')) return
    }
  } finally {
    await connection[Symbol.asyncDispose]()
  }
}

function checkToken(profile: DirectorProfile, now: Date): Check {
  const old = tokenAgeWarning(profile, now)
  if (old !== undefined) {
    return warn('token', old, 'Make another in the Director Console, "Always Active" for CI: Profile, Generate Token')
  }
  if (profile.tokenAlwaysActive) return ok('token', 'Always Active, as the profile says')
  const age = tokenAgeMs(profile, now)
  if (age === undefined)
    return ok('token', 'Its age is not known; tokens end after 8 hours unless they are "Always Active"')
  return ok(
    'token',
    `At least ${Math.floor(age / 3_600_000)} h old; it ends after 8 hours unless it is "Always Active"`,
  )
}

async function checkLogpoint(
  client: DirectorConnection['client'],
  logpoint: ReturnType<typeof allLogpoints>[number],
  signal: AbortSignal,
): Promise<Check> {
  const { name } = logpoint
  try {
    const { status, error, entries } = await client.sources.status(logpoint, { signal })
    if (status === undefined) return ok(name, 'Reached; StixTaxii has no enabled source there')
    const count = entries === undefined ? '' : `, ${entries} entries`
    if (status.toLowerCase() === 'error' || error) {
      const hint = `Fetch as the plugin does: stixtaxii director source test SOURCE; what it has: stixtaxii director source list --on ${name}`
      return warn(name, `Reached; the plugin's last fetch failed: ${error ?? status}`, hint)
    }
    return ok(name, `Reached; fetch status ${status}${count}`)
  } catch (error) {
    if (error instanceof StixTaxiiError && error.kind === 'cancelled') throw error
    return failed(name, error)
  }
}
