import type { FormatPart, IndicatorFormat } from '../format.ts'
import { commentHeader, generatedLine } from '../text.ts'

/** Room that a set has at least, so that it can be added to by hand. */
const smallestSet = 65_536

/**
 * Two sets for `ipset restore`: filled beside the ones in use, then swapped with them. They are as large as they have to be.
 * @see ipset(8), hash:net
 */
export const ipset: IndicatorFormat = {
  name: 'ipset',
  summary: 'sets of addresses for `ipset restore`, swapped with the ones in use',
  extension: 'ipset',
  canSplit: false,
  parts: ({ header, name }): readonly FormatPart[] => {
    const sets = { ipv4: `${name}-ipv4`, ipv6: `${name}-ipv6` }
    return [
      {
        file: 'stixtaxii.ipset',
        volatile: generatedLine,
        head(summary) {
          const size = Math.max(smallestSet, 2 ** Math.ceil(Math.log2(summary.count + 1)))
          const make = (kind: keyof typeof sets, family: string): string =>
            [sets[kind], `${sets[kind]}-new`]
              .map((set) => `create ${set} hash:net family ${family} maxelem ${size} -exist\n`)
              .join('') + `flush ${sets[kind]}-new\n`
          return `${header ? commentHeader('#', summary) : ''}${make('ipv4', 'inet')}${make('ipv6', 'inet6')}`
        },
        line: ({ kind, value }) => {
          if (kind !== 'ipv4' && kind !== 'ipv6') return undefined
          // The kernel's hash has no place for a network of all addresses.
          return value.endsWith('/0') ? undefined : `add ${sets[kind]}-new ${value} -exist\n`
        },
        foot: () =>
          Object.values(sets)
            .map((set) => `swap ${set}-new ${set}\ndestroy ${set}-new\n`)
            .join(''),
      },
    ]
  },
}
