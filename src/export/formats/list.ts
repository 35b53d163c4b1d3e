import type { FormatPart, IndicatorFormat } from '../format.ts'
import { commentHeader, defanged, fitsLine, generatedLine } from '../text.ts'

/** One value on each line, under a header of `#` comments. */
export const list: IndicatorFormat = {
  name: 'list',
  summary: 'one value a line, for firewalls and proxies that read external lists; best with --kind',
  extension: 'txt',
  forPeople: true,
  canSplit: true,
  parts: ({ header, defang }): readonly FormatPart[] => [
    {
      file: 'list.txt',
      line: (indicator) => {
        const value = defang ? defanged(indicator) : indicator.value
        return fitsLine(value) && !value.startsWith('#') ? `${value}\n` : undefined
      },
      volatile: generatedLine,
      ...(header && { head: (summary) => commentHeader('#', summary) }),
    },
  ],
}
