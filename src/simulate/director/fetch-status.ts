import { createHash } from 'node:crypto'
import type { DirectorFaults } from './faults.ts'
import { hasPlugin } from './plugin-fetches.ts'
import type { LogpointState, SourceState } from './state.ts'

/**
 * The one object of the `Ti_general` list: the figures of all sources of our plugin together.
 *
 * A plugin without an enabled source does not appear. One failed source is the plugin's failure, as it cannot say which.
 */
export function fetchStatus(
  identifier: string,
  logpoint: LogpointState,
  { status, staleLists }: DirectorFaults,
): Readonly<Record<string, unknown>> {
  const known = staleLists ? logpoint.shown : logpoint.sources
  const enabled = new Set(known.filter(({ fields }) => fields.st_enable_source).map(({ id }) => id))
  const sources = logpoint.sources.filter(({ id }) => enabled.has(id))
  const appears = hasPlugin(logpoint) && sources.length > 0 && status !== 'absent'
  const entries = appears && status !== 'never' ? sum(sources.map(({ fetch }) => fetch.entries)) : 0
  return {
    services: appears ? { stix_taxii: service(sources, entries, status) } : {},
    no_of_entries: entries,
    type: 'ti_general',
    tid: '',
    id: createHash('sha256').update(identifier).digest('hex').slice(0, 24),
  }
}

function service(sources: readonly SourceState[], entries: number, fault: DirectorFaults['status']): object {
  const reason = sources.find(({ fetch }) => fetch.error !== null)?.fetch.error ?? null
  const error = fault === 'error' ? (reason ?? 'The feed could not be read: 503 Service Unavailable') : reason
  const newest = (pick: (fetch: SourceState['fetch']) => number): number =>
    fault === 'never' ? 0 : Math.max(...sources.map(({ fetch }) => pick(fetch)))
  return {
    last_successful_fetch: newest((fetch) => fetch.lastSuccess),
    name: 'Stix Taxii',
    error,
    fetch_status: error === null ? 'Completed' : 'Error',
    no_of_entries: entries,
    last_fetch_attempt: newest((fetch) => fetch.lastAttempt),
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
