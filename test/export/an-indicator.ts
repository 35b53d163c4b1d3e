import type { Indicator } from '../../src/indicators/indicator.ts'

/** A good indicator about a domain; what `more` says takes its place. */
export function anIndicator(more: Partial<Indicator> = {}): Indicator {
  return {
    kind: 'domain',
    value: 'bad.example',
    role: 'indicator',
    sound: true,
    ids: ['indicator--11111111-1111-4111-8111-111111111111'],
    labels: [],
    killChainPhases: [],
    firstSeen: '2026-01-01T00:00:00Z',
    lastSeen: '2026-01-02T00:00:00Z',
    sources: ['acme'],
    relatedTo: [],
    ...more,
  }
}

export async function* inTurn<T>(values: readonly T[]): AsyncIterable<T> {
  yield* values
}
