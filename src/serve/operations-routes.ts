import { Hono } from 'hono'
import { challengesOf } from './auth/authorization-header.ts'
import type { ConnectionCounts } from './connections.ts'
import { metric, metricsText, metricsType } from './metrics.ts'
import type { MetricFamily, Metrics } from './metrics.ts'
import type { ServeEnvironment, ServeParts } from './parts.ts'
import { secondsSince } from './server-facts.ts'
import type { ServerFacts } from './server-facts.ts'
import type { SignalCounts } from './signals/open.ts'

export interface OperationsParts extends Pick<ServeParts, 'clock' | 'settings'> {
  readonly facts: ServerFacts
  readonly metrics: Metrics
  readonly connections: () => ConnectionCounts
  readonly signalCounts: () => SignalCounts
  /** Metrics for everybody, instead of this machine and administrators. */
  readonly metricsArePublic: boolean
  /** False once the server was told to stop: load balancers are to send nothing more. */
  readonly isServing: () => boolean
}

/** `/health/live`, `/health/ready`, `/management/health` (OpenTAXII's) and `/metrics`. */
export function operationsRoutes(parts: OperationsParts): Hono<ServeEnvironment> {
  const app = new Hono<ServeEnvironment>()
  app.get('/health/live', (c) => c.json({ alive: true }))
  app.get('/management/health', (c) => c.json({ alive: true }))
  app.get('/health/ready', async (c) => {
    const isReady = parts.isServing() && (await parts.facts.isReady())
    return c.json({ ready: isReady }, isReady ? 200 : 503)
  })
  app.get('/metrics', async (c) => {
    const principal = c.get('principal')
    const isAdmin = principal.kind === 'account' && principal.account.isAdmin
    if (!parts.metricsArePublic && !isAdmin && !c.get('isLocal')) {
      if (principal.kind === 'account') return c.text('Forbidden', 403)
      for (const challenge of challengesOf(parts.settings.schemes)) {
        c.header('WWW-Authenticate', challenge, { append: true })
      }
      return c.text('Unauthorized', 401)
    }
    return c.body(metricsText(await familiesOf(parts)), 200, { 'content-type': metricsType })
  })
  return app
}

async function familiesOf(parts: OperationsParts): Promise<readonly MetricFamily[]> {
  const { open, accepted, displaced, refused, tooSlow } = parts.connections()
  const closed = Object.entries({ displaced, refused, 'too-slow': tooSlow })
  const connections = [
    metric('connections', 'gauge', 'Connections that are open.', [{ value: open }]),
    metric('connections_accepted_total', 'counter', 'Connections that were accepted.', [{ value: accepted }]),
    metric('connections_closed_total', 'counter', 'Connections that the server closed to protect itself.', [
      ...closed.map(([reason, value]) => ({ labels: { reason }, value })),
    ]),
  ]
  const { waiting, told, failed, dropped } = parts.signalCounts()
  const signals = [
    metric('signals_total', 'counter', 'Signals that listeners were told, failed at, or were never told.', [
      ...Object.entries({ told, failed, dropped }).map(([outcome, value]) => ({ labels: { outcome }, value })),
    ]),
    metric('signals_waiting', 'gauge', 'Signals that listeners have yet to be told.', [{ value: waiting }]),
  ]
  // A store that cannot be read is a reason to look at the other figures, not to have none.
  const stored = await storedFamilies(parts).catch(() => [])
  return [...parts.metrics.samples(), ...connections, ...signals, ...stored]
}

async function storedFamilies({ facts, clock }: OperationsParts): Promise<readonly MetricFamily[]> {
  const [collections, now] = [await facts.collections(), clock.now()]
  const labelled = collections.map((each) => ({
    each,
    labels: { source: each.source.name, root: each.key.root, collection: each.key.collection },
  }))
  return [
    metric('store_versions', 'gauge', 'Versions of STIX objects that are stored.', [
      ...labelled.map(({ each, labels }) => ({ labels, value: each.versions })),
    ]),
    metric('store_blocks', 'gauge', 'Content blocks that are stored.', [
      ...labelled.map(({ each, labels }) => ({ labels, value: each.blocks })),
    ]),
    metric('last_fetch_age_seconds', 'gauge', 'How long ago a collection was last fetched without a failure.', [
      ...labelled.flatMap(({ each, labels }) => {
        const value = secondsSince(each.lastFetchedAt, now)
        return value === undefined ? [] : [{ labels, value }]
      }),
    ]),
  ]
}
