import type { FormatPart, IndicatorFormat } from '../format.ts'
import { commentHeader, generatedLine } from '../text.ts'

/**
 * Two named sets, of IPv4 and IPv6 addresses and networks, for `nft -f`: made where they are missing, emptied and filled
 * in one transaction, so that rules which name them go on to hold.
 * @see nft(8), Sets
 */
export const nftables: IndicatorFormat = {
  name: 'nftables',
  summary: 'named sets of addresses for `nft -f`, replaced in one transaction',
  extension: 'nft',
  canSplit: false,
  parts: ({ header, name }): readonly FormatPart[] => [
    {
      file: 'stixtaxii.nft',
      volatile: generatedLine,
      head: (summary) => `#!/usr/sbin/nft -f\n${header ? commentHeader('#', summary) : ''}${sets(name)}`,
      line: ({ kind, value }) =>
        kind === 'ipv4' || kind === 'ipv6' ? `add element inet ${name} ${kind} { ${value} }\n` : undefined,
    },
  ],
}

function sets(name: string): string {
  const set = (kind: string, type: string): string =>
    `add set inet ${name} ${kind} { type ${type}; flags interval; auto-merge; }\nflush set inet ${name} ${kind}\n`
  return `add table inet ${name}\n${set('ipv4', 'ipv4_addr')}${set('ipv6', 'ipv6_addr')}`
}
