import type { Indicator } from '../../indicators/indicator.ts'
import type { ExportSummary, FormatOptions, FormatPart, IndicatorFormat } from '../format.ts'
import { commentHeader, generatedLine } from '../text.ts'

const rulesFile = 'stixtaxii.rules'
const hashLists = { md5: 'filemd5', sha1: 'filesha1', sha256: 'filesha256' } as const

/**
 * Rules and the lists that they load, in one folder: domains as a dataset against DNS queries, TLS server names and HTTP
 * hosts; hashes against files; a rule for each address or network.
 * @see Suricata User Guide, Datasets; File Keywords
 */
export const suricata: IndicatorFormat = {
  name: 'suricata',
  summary: 'Suricata rules with the lists they load; --out names a folder',
  extension: 'rules',
  severalFiles: true,
  canSplit: false,
  parts: (options): readonly FormatPart[] => [domainList, ...hashParts, rules(options)],
}

const domainList: FormatPart = {
  file: 'domains.lst',
  line: ({ kind, value }) => (kind === 'domain' ? `${Buffer.from(value).toString('base64')}\n` : undefined),
}

const hashParts: readonly FormatPart[] = (['md5', 'sha1', 'sha256'] as const).map((wanted) => ({
  file: `${wanted}.lst`,
  line: ({ kind, value }: Indicator) => (kind === wanted ? `${value}\n` : undefined),
}))

function rules(options: FormatOptions): FormatPart {
  // Rules of the lists come first and always have the same numbers, so that those of addresses follow.
  let sid = options.firstSid + listRules.length
  return {
    file: rulesFile,
    volatile: generatedLine,
    head: (summary) => `${options.header ? commentHeader('#', summary) : ''}${rulesOfLists(summary, options)}`,
    line: ({ kind, value }) =>
      kind === 'ipv4' || kind === 'ipv6'
        ? `alert ip any any -> [${value}] any (msg:"stixtaxii address ${value.replaceAll(':', '\\:')}"; classtype:trojan-activity; sid:${sid++}; rev:1;)\n`
        : undefined,
  }
}

type ListRule = readonly [list: string, protocol: string, what: string, match: (set: string) => string]

const inDataset = (buffer: string) => (set: string) => `${buffer}; dataset:isset,${set},type string,load domains.lst;`
const listRules: readonly ListRule[] = [
  ['domains.lst', 'dns', 'DNS query', inDataset('dns.query')],
  ['domains.lst', 'tls', 'TLS server name', inDataset('tls.sni')],
  ['domains.lst', 'http', 'HTTP host', inDataset('http.host')],
  ...(['md5', 'sha1', 'sha256'] as const).map((hash): ListRule => [
    `${hash}.lst`,
    'http',
    `${hash.toUpperCase()} of a file`,
    () => `${hashLists[hash]}:${hash}.lst;`,
  ]),
]

function rulesOfLists({ counts }: ExportSummary, { name, firstSid }: FormatOptions): string {
  return listRules
    .map(([list, protocol, what, match], index) =>
      (counts[list] ?? 0) === 0
        ? ''
        : `alert ${protocol} any any -> any any (msg:"stixtaxii ${what}"; ${match(`${name}-domains`)} classtype:trojan-activity; sid:${firstSid + index}; rev:1;)\n`,
    )
    .join('')
}
