/** The identifier of the indicator of a number. */
export const idAt = (number: number): string => `indicator--00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

/** The STIX 2.1 indicator of a number; always the same, but for what `more` says. */
export const anIndicator = (number: number, more: object = {}): Record<string, unknown> => ({
  type: 'indicator',
  spec_version: '2.1',
  id: idAt(number),
  created: '2026-01-01T00:00:00.000Z',
  modified: '2026-01-01T00:00:00.000Z',
  pattern: `[ipv4-addr:value = '192.0.2.${number % 256}']`,
  pattern_type: 'stix',
  valid_from: '2026-01-01T00:00:00Z',
  ...more,
})

/** So many, numbered from `from` on. */
export const someIndicators = (count: number, from = 0, more: object = {}): Record<string, unknown>[] =>
  Array.from({ length: count }, (_, index) => anIndicator(from + index, more))

/** When the indicator of a number was added: three share each stamp, so that stamps are equal at most borders of pages. */
export const threeToAStamp = (number: number): string =>
  `2026-01-01T00:00:00.${String(Math.floor(number / 3) + 1).padStart(6, '0')}Z`
