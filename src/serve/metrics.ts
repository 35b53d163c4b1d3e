/** What is counted of requests; the text is made for a scrape. */

/** Which part of the server answered. */
export type RouteFamily = 'taxii1' | 'taxii2' | 'management' | 'health' | 'metrics' | 'web'

export interface ObservedRequest {
  readonly family: RouteFamily
  readonly method: string
  readonly status: number
  /** From its head to the last byte of the answer. */
  readonly seconds: number
  readonly bytes: number
  /** STIX objects or content blocks in the answer. */
  readonly objects: number
}

export interface Metrics {
  observe(request: ObservedRequest): void
  loginRefused(reason: 'wrong' | 'limited'): void
  /** Samples of what was counted, as lines without help. */
  samples(): readonly MetricFamily[]
}

/** One metric with its samples, as the text format wants them together. */
export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly samples: readonly Sample[]
}

export interface Sample {
  /** Behind the family's name: `_bucket`, `_sum`. */
  readonly suffix?: string | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly value: number
}

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])

interface Durations {
  /** Each with the number of those that were at most so long. */
  readonly counts: number[]
  total: number
  count: number
}

export function createMetrics(): Metrics {
  const requests = new Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>()
  const durations = new Map<RouteFamily, Durations>()
  const bytes = new Map<RouteFamily, number>()
  const objects = new Map<RouteFamily, number>()
  const refused = { wrong: 0, limited: 0 }
  const perFamily = (values: ReadonlyMap<RouteFamily, number>): Sample[] =>
    [...values].map(([family, value]) => ({ labels: { family }, value }))
  return {
    observe(request) {
      const { family, status } = request
      // A client may send any word as its method: it must not make a series of it.
      const method = methods.has(request.method) ? request.method : 'other'
      const key = `${family} ${method} ${status}`
      const counted = requests.get(key) ?? { labels: { family, method, status: String(status) }, value: 0 }
      counted.value++
      requests.set(key, counted)
      const timed = durations.get(family) ?? { counts: bounds.map(() => 0), total: 0, count: 0 }
      durations.set(family, timed)
      timed.total += request.seconds
      timed.count++
      for (const [at, bound] of bounds.entries())
        if (request.seconds <= bound) timed.counts[at] = (timed.counts[at] ?? 0) + 1
      bytes.set(family, (bytes.get(family) ?? 0) + request.bytes)
      if (request.objects > 0) objects.set(family, (objects.get(family) ?? 0) + request.objects)
    },
    loginRefused(reason) {
      refused[reason]++
    },
    samples: () => [
      metric('http_requests_total', 'counter', 'Requests that were answered.', [...requests.values()]),
      metric('http_request_duration_seconds', 'histogram', 'From the head of a request to the end of its answer.', [
        ...[...durations].flatMap(([family, timed]) => histogramOf(family, timed)),
      ]),
      metric('http_response_bytes_total', 'counter', 'Bytes of answers, their heads included.', perFamily(bytes)),
      metric('objects_sent_total', 'counter', 'STIX objects and content blocks in answers.', perFamily(objects)),
      metric('logins_refused_total', 'counter', 'Requests with credentials that were not accepted.', [
        ...Object.entries(refused).map(([reason, value]) => ({ labels: { reason }, value })),
      ]),
    ],
  }
}

/** A metric of ours: the name is given without `stixtaxii_`. */
export function metric(
  name: string,
  type: MetricFamily['type'],
  help: string,
  samples: readonly Sample[],
): MetricFamily {
  return { name: `stixtaxii_${name}`, type, help, samples }
}

function histogramOf(family: RouteFamily, { counts, total, count }: Durations): Sample[] {
  const bucket = (le: string, value: number): Sample => ({ suffix: '_bucket', labels: { family, le }, value })
  return [
    ...bounds.map((bound, at) => bucket(String(bound), counts[at] ?? 0)),
    bucket('+Inf', count),
    { suffix: '_sum', labels: { family }, value: total },
    { suffix: '_count', labels: { family }, value: count },
  ]
}

/** The media type that goes with `metricsText`. */
export const metricsType = 'text/plain; version=0.0.4; charset=utf-8'

/** @see Prometheus, Exposition formats: text-based format 0.0.4 */
export function metricsText(families: readonly MetricFamily[]): string {
  const lines = families.flatMap(({ name, help, type, samples }) => [
    `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(({ suffix = '', labels, value }) => `${name}${suffix}${labelText(labels)} ${numberText(value)}`),
  ])
  return `${lines.join('\n')}\n`
}

function labelText(labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length > 0 ? `{${pairs.join(',')}}` : ''
}

function escaped(value: string): string {
  return Buffer.from(value).toString().replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf'
}
