import type { Indicator } from '../../indicators/indicator.ts'
import type { IndicatorFormat } from '../format.ts'
import { commentHeader, generatedLine, isNetwork, oneLine, titleOf } from '../text.ts'

const fields = '#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\n'

/**
 * A file for Zeek's intelligence framework. URLs stand without their scheme, as Zeek compares them.
 * @see Zeek documentation, Intelligence Framework; Intel::Type
 */
export const zeek: IndicatorFormat = {
  name: 'zeek',
  summary: "a file for Zeek's intelligence framework",
  extension: 'intel',
  canSplit: true,
  parts: ({ header, name }) => [
    {
      file: 'stixtaxii.intel',
      head: (summary) => `${header ? commentHeader('#', summary) : ''}${fields}`,
      volatile: generatedLine,
      line: (indicator) => {
        const type = typeOf(indicator)
        if (type === undefined) return undefined
        const value =
          indicator.kind === 'url' ? indicator.value.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '') : indicator.value
        const source = oneLine(indicator.sources.join(', ')) || name
        return `${[value, type, source, titleOf(indicator) || '-'].map(escaped).join('\t')}\n`
      },
    },
  ],
}

function typeOf({ kind, value }: Indicator): string | undefined {
  switch (kind) {
    case 'ipv4':
    case 'ipv6':
      return isNetwork(value) ? 'Intel::SUBNET' : 'Intel::ADDR'
    case 'domain':
      return 'Intel::DOMAIN'
    case 'url':
      return 'Intel::URL'
    case 'email':
      return 'Intel::EMAIL'
    case 'md5':
    case 'sha1':
    case 'sha256':
      return 'Intel::FILE_HASH'
    case 'file-name':
      return 'Intel::FILE_NAME'
    case 'user-agent':
      return 'Intel::SOFTWARE'
    default:
      return undefined
  }
}

// Zeek's own way of writing bytes that would end a column or begin a comment; a backslash before x would read as one of them.
function escaped(text: string): string {
  return text
    .replace(/\\x/g, '\\x5cx')
    .replace(/^#/, '\\x23')
    .replace(/[\u0000-\u001f\u007f]/g, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
