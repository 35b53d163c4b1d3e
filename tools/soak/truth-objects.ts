/** Ids come round again, so that what an index or a cache holds has a bound, and only the versions grow. */
export interface ObjectRing {
  readonly source: number
  readonly ids: number
}

/** Makes the version of that number of the ring: the id comes round, `modified` never does. */
export function versionOf({ source, ids }: ObjectRing, number: number): Record<string, unknown> {
  const index = number % ids
  return {
    type: 'indicator',
    spec_version: '2.1',
    id: `indicator--00000000-0000-4000-8000-${source.toString(16).padStart(4, '0')}${index.toString(16).padStart(8, '0')}`,
    created: '2026-01-01T00:00:00.000Z',
    modified: new Date(Date.UTC(2026, 0, 1) + Math.floor(number / ids) * 1000).toISOString(),
    name: `Version ${number}`,
    pattern: `[ipv4-addr:value = '${addressOf(source, index)}']`,
    pattern_type: 'stix',
    valid_from: '2026-01-01T00:00:00Z',
  }
}

/** The address that the indicator of a ring names: in 10.0.0.0/8, one network for each source. */
export const addressOf = (source: number, index: number): string => `10.${source}.${(index >> 8) & 255}.${index & 255}`

/** `id version`, as things are counted. */
export const keyOf = (object: Record<string, unknown>): string =>
  `${String(object['id'])} ${String(object['modified'])}`
