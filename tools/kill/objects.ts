/** The server's collections of a campaign: what a fetch has to bring, no more and no less. */
export const collectionId = 'campaign'

/** Three objects share each stamp, so that stamps are equal at most borders of pages. */
export function stampOf(index: number): string {
  const micros = String(Math.floor(index / 3)).padStart(6, '0')
  return `2026-01-01T00:00:00.${micros}Z`
}

/** The indicator of a number; always the same. */
export const madeObject = (index: number): Record<string, unknown> => ({
  type: 'indicator',
  spec_version: '2.1',
  id: `indicator--00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  created: '2026-01-01T00:00:00.000Z',
  modified: '2026-01-01T00:00:00.000Z',
  name: `Made up ${index}`,
  pattern: `[ipv4-addr:value = '192.0.2.${index % 256}']`,
  pattern_type: 'stix',
  valid_from: '2026-01-01T00:00:00Z',
})

export function makeObjects(count: number, first = 0): readonly Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => madeObject(first + index))
}
