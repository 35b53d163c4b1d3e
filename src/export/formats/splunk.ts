import type { Indicator } from '../../indicators/indicator.ts'
import type { ValueKind } from '../../stix/statement.ts'
import { csvLine } from '../csv-part.ts'
import type { FormatPart, IndicatorFormat } from '../format.ts'
import { titleOf, weightOf } from '../text.ts'

/** What Splunk Enterprise Security counts an indicator for when nothing is said. */
const usualWeight = 60

interface Lookup {
  readonly file: string
  readonly columns: readonly string[]
  /** The column that a kind of value goes to. */
  readonly kinds: Readonly<Partial<Record<ValueKind, string>>>
}

const hash = 'file_hash'
const lookups: readonly Lookup[] = [
  { file: 'ip_intel.csv', columns: ['ip'], kinds: { ipv4: 'ip', ipv6: 'ip' } },
  { file: 'domain_intel.csv', columns: ['domain'], kinds: { domain: 'domain' } },
  {
    file: 'http_intel.csv',
    columns: ['http_referrer', 'http_user_agent', 'url'],
    kinds: { url: 'url', 'user-agent': 'http_user_agent' },
  },
  {
    file: 'file_intel.csv',
    columns: [hash, 'file_name'],
    kinds: { md5: hash, sha1: hash, sha256: hash, sha384: hash, sha512: hash, 'file-name': 'file_name' },
  },
  {
    file: 'email_intel.csv',
    columns: ['src_user', 'subject'],
    kinds: { email: 'src_user', 'email-subject': 'subject' },
  },
  {
    file: 'process_intel.csv',
    columns: ['process', 'process_file_name'],
    kinds: { process: 'process', 'file-path': 'process_file_name' },
  },
  {
    file: 'registry_intel.csv',
    columns: ['registry_path', 'registry_value_name', 'registry_value_text'],
    kinds: { 'registry-key': 'registry_path' },
  },
]

/**
 * The lookups of Splunk Enterprise Security's local threat intelligence, a file for each of its collections.
 * @see Splunk Enterprise Security, Supported types of threat intelligence
 */
export const splunk: IndicatorFormat = {
  name: 'splunk',
  summary: "lookup files for Splunk Enterprise Security's threat intelligence; --out names a folder",
  extension: 'csv',
  severalFiles: true,
  canSplit: false,
  async parts(options): Promise<readonly FormatPart[]> {
    const line = await csvLine(options)
    return lookups.map(({ file, columns, kinds }) => ({
      file,
      head: () => line(['description', ...columns, 'weight']),
      line: (indicator: Indicator) => {
        const column = kinds[indicator.kind]
        if (column === undefined) return undefined
        const cells = columns.map((name) => (name === column ? indicator.value : ''))
        return line([descriptionOf(indicator), ...cells, weightOf(indicator, usualWeight)])
      },
    }))
  },
}

function descriptionOf(indicator: Indicator): string {
  return [titleOf(indicator), indicator.sources.join(', ')].filter((text) => text !== '').join(' | ')
}
