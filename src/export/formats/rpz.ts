import type { Indicator } from '../../indicators/indicator.ts'
import type { ExportSummary, FormatPart, IndicatorFormat } from '../format.ts'
import { commentHeader, generatedLine } from '../text.ts'

/** What is left of the 253 characters of a name for the zone's own. */
const longestOwner = 190

/**
 * A response policy zone: names and everything below them (but not below public suffixes) answer NXDOMAIN, and so do names that resolve to one of the
 * addresses. Its serial rises with the time of the export.
 * @see draft-vixie-dnsop-dns-rpz, 3 and 4
 */
export const rpz: IndicatorFormat = {
  name: 'rpz',
  summary: 'a response policy zone for BIND, Unbound and others: domains and addresses',
  extension: 'zone',
  canSplit: false,
  async parts({ header }): Promise<readonly FormatPart[]> {
    const { isPublicSuffix } = await import('../../stix/values/parent-domains.ts')
    return [
      {
        file: 'stixtaxii.rpz',
        volatile: new RegExp(`${generatedLine.source}|^@ SOA .*$`),
        head: (summary) => `${header ? commentHeader(';', summary) : ''}$TTL 300\n${apex(summary)}`,
        line: (indicator) => {
          // What is below a public suffix is not its owner's: only the very name is meant.
          if (indicator.kind === 'domain') return domainRecords(indicator.value, !isPublicSuffix(indicator.value))
          const trigger = addressTrigger(indicator)
          return trigger === undefined ? undefined : `${trigger}.rpz-ip CNAME .\n`
        },
      },
    ]
  },
}

function apex({ generatedAt }: ExportSummary): string {
  const serial = Math.floor(Date.parse(generatedAt) / 1000) % 2 ** 32
  return `@ SOA localhost. root.localhost. ${serial} 3600 600 86400 300\n@ NS localhost.\n`
}

function domainRecords(domain: string, isBelowToo: boolean): string | undefined {
  const isName = domain.length <= longestOwner && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(domain)
  if (!isName) return undefined
  return `${domain} CNAME .\n${isBelowToo ? `*.${domain} CNAME .\n` : ''}`
}

function addressTrigger({ kind, value }: Indicator): string | undefined {
  if (kind !== 'ipv4' && kind !== 'ipv6') return undefined
  const [address = '', length = kind === 'ipv4' ? '32' : '128'] = value.split('/')
  if (length === '0') return undefined
  if (kind === 'ipv4') return [length, ...address.split('.').reverse()].join('.')
  return [length, ...reversedWords(address)].join('.')
}

// The words from last to first; `zz` stands for the run of zeros that `::` leaves out.
function reversedWords(address: string): string[] {
  const [before = '', after] = address.split('::')
  const words = (text: string): string[] => (text === '' ? [] : text.split(':'))
  if (after === undefined) return words(before).reverse()
  return [...words(after).reverse(), 'zz', ...words(before).reverse()]
}
