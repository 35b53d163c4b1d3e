import type { Indicator } from '../../indicators/indicator.ts'
import type { ValueKind } from '../../stix/statement.ts'
import { csvLine, type Cell } from '../csv-part.ts'
import type { FormatPart, IndicatorFormat } from '../format.ts'
import { isNetwork, titleOf, weightOf } from '../text.ts'

/** The column of a value, by what Logpoint's taxonomy calls it. */
const columnOf: Readonly<Partial<Record<ValueKind, string>>> = {
  ipv4: 'ip_address',
  ipv6: 'ip_address',
  domain: 'domain',
  url: 'url',
  email: 'email_address',
  md5: 'hash',
  sha1: 'hash',
  sha224: 'hash',
  sha256: 'hash',
  sha384: 'hash',
  sha512: 'hash',
  'file-name': 'file',
  'registry-key': 'registry_key',
  mutex: 'mutex',
  'user-agent': 'user_agent',
}
const valueColumns = [
  'ip_address',
  'domain',
  'url',
  'hash',
  'email_address',
  'file',
  'registry_key',
  'mutex',
  'user_agent',
]
const details: readonly (readonly [string, (indicator: Indicator) => Cell])[] = [
  ['category', (indicator) => indicator.category ?? titleOf(indicator)],
  ['score', (indicator) => weightOf(indicator, 50)],
  ['confidence', ({ confidence }) => confidence],
  ['source', ({ sources }) => sources.join(', ')],
  ['tlp', ({ tlp }) => tlp],
  ['first_seen', ({ firstSeen }) => firstSeen],
  ['last_seen', ({ lastSeen }) => lastSeen],
  ['indicator_id', ({ ids }) => ids[0]],
]

/**
 * CSV for the Custom CSV source of Logpoint's Threat Intelligence: a column for each field that values are compared with,
 * so that its Mapping can name them. Values are compared as they stand, so that networks have no place in it.
 */
export const logpointCsv: IndicatorFormat = {
  name: 'logpoint-csv',
  summary: "CSV for the Custom CSV source of Logpoint's Threat Intelligence, a column for each kind of value",
  extension: 'csv',
  canSplit: true,
  async parts(options): Promise<readonly FormatPart[]> {
    const line = await csvLine(options)
    return [
      {
        file: 'indicators.csv',
        head: () => (options.header ? line([...valueColumns, ...details.map(([name]) => name)]) : ''),
        line: (indicator) => {
          const column = columnOf[indicator.kind]
          if (column === undefined || isNetwork(addressOf(indicator))) return undefined
          const value = (name: string): Cell => (name === column ? indicator.value : '')
          return line([...valueColumns.map(value), ...details.map(([, of]) => of(indicator))])
        },
      },
    ]
  },
}

function addressOf({ kind, value }: Indicator): string {
  return kind === 'ipv4' || kind === 'ipv6' ? value : ''
}
