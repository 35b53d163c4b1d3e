import { StixTaxiiError } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'
import type { DirectorProfile, Profile, ProfileStore, TaxiiProfile } from '../profile/profile.ts'
import type { Store } from '../store/store.ts'
import { failed, ok, warn } from './check.ts'
import type { Check } from './check.ts'
import { checkDirector } from './doctor-director.ts'
import type { DirectorConnection } from './doctor-director.ts'
import { checkSource } from './doctor-source.ts'
import type { SourceConnection } from './doctor-source.ts'

export interface DoctorDependencies {
  /** As `process.versions.node`. */
  readonly nodeVersion: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly profiles: () => Promise<ProfileStore>
  readonly store: () => Promise<Store>
  readonly connect: (profile: TaxiiProfile, signal: AbortSignal) => Promise<SourceConnection>
  readonly connectDirector: (profile: DirectorProfile, signal: AbortSignal) => Promise<DirectorConnection>
}

/**
 * Looks at the machine, the profiles, the store, and at each of the given sources and Directors by connecting to it; checks come as they
 * are done. Nothing is changed and nothing is stored.
 */
export async function* examine(
  dependencies: DoctorDependencies,
  names: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Check> {
  yield checkNode(dependencies.nodeVersion)
  yield* checkEnvironment(dependencies.environment)
  const [profileCheck, profiles] = await checkProfiles(dependencies, names)
  yield profileCheck
  const store = await openedStore(dependencies)
  yield* store.checks
  for (const profile of profiles) {
    if (signal.aborted) return
    const parts = { ...dependencies, store: store.store }
    const checks =
      profile.kind === 'taxii' ? checkSource(profile, parts, signal) : checkDirector(profile, parts, signal)
    for await (const check of checks) yield { ...check, source: profile.name }
  }
}

/** The fault an examination ends in: the first that failed; undefined when nothing did. */
export function failureOfChecks(checks: readonly Check[]): StixTaxiiError | undefined {
  const faults = checks.filter((check) => check.status === 'fail')
  const [first] = faults
  if (!first) return undefined
  const names = faults.map((check) => (check.source === null ? check.check : `${check.source}: ${check.check}`))
  return new StixTaxiiError('WORKFLOW_DOCTOR_FAULT', `${faults.length} of ${checks.length} checks failed`, {
    kind: first.kind ?? 'internal',
    hint: first.fix ?? 'The checks say what is wrong.',
    context: { failed: names },
  })
}

function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const runs = major >= 24 || (major === 22 && minor >= 13) || (major === 20 && minor >= 19)
  if (!runs) {
    const error = new StixTaxiiError('WORKFLOW_NODE_UNSUPPORTED', `Node ${version} is not supported`, {
      kind: 'local',
      hint: 'Install Node 24, or at least 22.13 or 20.19.',
    })
    return failed('node', error)
  }
  if (major > 20) return ok('node', `Node ${version}`)
  return warn('node', `Node ${version} works, but gets no security fixes since April 2026`, 'Install Node 22 or 24.')
}

function* checkEnvironment(environment: DoctorDependencies['environment']): Generator<Check> {
  const proxies = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'].filter(
    (name) => environment[name] ?? environment[name.toLowerCase()],
  )
  if (proxies.length > 0) {
    yield ok('proxy', `${proxies.join(', ')} set: used by profiles without a proxy of their own, except for NO_PROXY`)
  } else yield ok('proxy', 'No proxy in the environment')
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    const message = 'NODE_TLS_REJECT_UNAUTHORIZED=0 is set: sources with secrets are refused while it is'
    yield warn('tls environment', message, 'unset NODE_TLS_REJECT_UNAUTHORIZED')
  }
  if (/--tls-keylog\b/.test(environment.NODE_OPTIONS ?? '')) {
    const message = 'NODE_OPTIONS has --tls-keylog: whoever reads that file can read every connection, secrets and all'
    yield warn('tls keys', message, 'Take --tls-keylog out of NODE_OPTIONS.')
  }
}

async function checkProfiles(
  { profiles }: DoctorDependencies,
  names: readonly string[],
): Promise<[Check, readonly Profile[]]> {
  try {
    const store = await profiles()
    const all = await store.list()
    const named = await Promise.all(names.map((name) => store.get(name)))
    const wanted = names.length > 0 ? named : all.filter((profile) => profile.kind === 'director' || profile.enabled)
    if (all.length === 0) {
      return [warn('profiles', `No profile yet; they will be kept in ${store.path}`, 'stixtaxii configure'), []]
    }
    return [ok('profiles', `${all.length} in ${store.path}, readable by its owner alone`), wanted]
  } catch (error) {
    return [failed('profiles', error), []]
  }
}

/** Up to this size everything in the store is read; beyond it that is a command of its own. */
const quickBytes = 64 * 1024 * 1024

async function openedStore({
  store: open,
}: DoctorDependencies): Promise<{ store: Store | undefined; checks: readonly Check[] }> {
  try {
    const store = await open()
    const info = await store.info()
    const what = `${info.url} (${info.driver}, ${info.sizeBytes} bytes)`
    if (info.sizeBytes > quickBytes) {
      return { store, checks: [ok('store', `${what} opens; to read all of it: stixtaxii store verify`)] }
    }
    const report = await store.verify()
    if (report.ok) return { store, checks: [ok('store', `${what} opens and is sound`)] }
    const fault = new StixTaxiiError('WORKFLOW_STORE_UNSOUND', `${what}: ${report.problems.slice(0, 3).join('; ')}`, {
      kind: 'local',
      hint: 'See all of it with: stixtaxii store verify',
    })
    return { store, checks: [failed('store', fault)] }
  } catch (error) {
    return { store: undefined, checks: [failed('store', error)] }
  }
}
