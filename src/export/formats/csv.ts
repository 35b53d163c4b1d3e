import type { Indicator } from '../../indicators/indicator.ts'
import { csvLine, type Cell } from '../csv-part.ts'
import type { FormatOptions, FormatPart, IndicatorFormat } from '../format.ts'
import { defanged } from '../text.ts'

type Column = readonly [name: string, of: (indicator: Indicator, options: FormatOptions) => Cell]

const columns: readonly Column[] = [
  ['kind', ({ kind }) => kind],
  ['value', (indicator, { defang }) => (defang ? defanged(indicator) : indicator.value)],
  ['role', ({ role }) => role],
  ['sound', ({ sound }) => String(sound)],
  ['category', ({ category }) => category],
  ['name', ({ name }) => name],
  ['labels', ({ labels }) => labels.join(', ')],
  ['killChainPhases', ({ killChainPhases }) => killChainPhases.join(', ')],
  ['severity', ({ severity }) => severity],
  ['confidence', ({ confidence }) => confidence],
  ['tlp', ({ tlp }) => tlp],
  ['sources', ({ sources }) => sources.join(', ')],
  ['validFrom', ({ validFrom }) => validFrom],
  ['validUntil', ({ validUntil }) => validUntil],
  ['firstSeen', ({ firstSeen }) => firstSeen],
  ['lastSeen', ({ lastSeen }) => lastSeen],
  ['ids', ({ ids }) => ids.join(', ')],
]

/** Everything known of an indicator, a line each. */
export const csv: IndicatorFormat = {
  name: 'csv',
  summary: 'everything known of each indicator, safe to open in a spreadsheet',
  extension: 'csv',
  forPeople: true,
  canSplit: true,
  async parts(options): Promise<readonly FormatPart[]> {
    const line = await csvLine(options)
    return [
      {
        file: 'indicators.csv',
        head: () => (options.header ? line(columns.map(([name]) => name)) : ''),
        line: (indicator) => line(columns.map(([, of]) => of(indicator, options))),
      },
    ]
  },
}
