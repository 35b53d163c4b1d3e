import { StixTaxiiError } from '../../core/errors.ts'
import type { TaxiiDependencies } from '../settings.ts'
import { ask, statusOf } from './exchange.ts'
import { makeLink } from './link.ts'
import { discoveryRequest } from './requests.ts'
import { statusError } from './status.ts'
import type { StatusType } from './status.ts'
import type { Version1 } from './wire.ts'

/** What a discovery request brought back from an address that is not known yet. */
export interface Probe1 {
  /** The version spoken there; undefined: none of TAXII 1.x. */
  readonly version?: Version1 | undefined
  /**
   * `discovery`: it answered with its services; `service`: it speaks the version, but is another service (or refuses us:
   * see `error`); `nothing`: no TAXII 1.x message came back.
   */
  readonly found: 'discovery' | 'service' | 'nothing'
  /** Why it is not `discovery`, of the version that came nearest. Kind `auth` when only the credentials were wrong. */
  readonly error?: StixTaxiiError | undefined
}

/** Statuses that say "another version, please". */
const otherVersion: readonly StatusType[] = ['UNSUPPORTED_MESSAGE', 'UNSUPPORTED_PROTOCOL']

// What failed on this machine (a trace on a full disk) says nothing of the server.
const hopeless: readonly StixTaxiiError['kind'][] = [
  'network',
  'refused',
  'cancelled',
  'internal',
  'local',
  'config',
  'usage',
]

/**
 * Sends a discovery request in TAXII 1.1, then in 1.0, and says what came back. Anything but TAXII is no error here.
 * @throws errors of kind network, refused, cancelled, local, config and usage, which no other version would mend
 */
export async function probeTaxii1(url: URL, dependencies: TaxiiDependencies, signal?: AbortSignal): Promise<Probe1> {
  let best: Probe1 = { found: 'nothing' }
  for (const version of ['1.1', '1.0'] as const) {
    const probe = await probeVersion(url, version, dependencies, signal)
    if (probe.found === 'discovery') return probe
    if (best.found === 'nothing') best = probe.found === 'service' ? probe : { ...probe, ...best }
  }
  return best
}

async function probeVersion(
  url: URL,
  version: Version1,
  dependencies: TaxiiDependencies,
  signal?: AbortSignal,
): Promise<Probe1> {
  const link = makeLink(version, { url, version }, dependencies)
  try {
    const answer = await ask(link, { address: url, write: discoveryRequest(link.wire), signal, repeatable: true })
    if (answer.root.name === 'Discovery_Response') return { version, found: 'discovery' }
    const status = statusOf(answer)
    const error = status && statusError(status, 'Discovery')
    return status && otherVersion.includes(status.type)
      ? { found: 'nothing', error }
      : { version, found: 'service', error }
  } catch (error) {
    if (!(error instanceof StixTaxiiError) || hopeless.includes(error.kind)) throw error
    // A 401 without a TAXII body says nothing about the version; the caller decides.
    return { found: 'nothing', error }
  }
}
