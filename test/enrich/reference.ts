import { BlockList, isIPv4, isIPv6 } from 'node:net'
import type { Indicator } from '../../src/indicators/indicator.ts'

/** The obvious way: every value is held against every indicator. Nothing of src/enrich is used. */
export function naiveMatches(text: string, indicators: readonly Indicator[]): { indicator: Indicator; how: string }[] {
  return indicators.flatMap((indicator) => {
    const how = naiveMatch(text.replace(/^ +| +$/g, ''), indicator)
    return how === undefined ? [] : [{ indicator, how }]
  })
}

function naiveMatch(text: string, { kind, value }: Indicator): string | undefined {
  const { host, isWhole } = hostOf(text)
  const direct = isWhole ? 'exact' : 'host'
  switch (kind) {
    case 'ipv4':
    case 'ipv6': {
      if (host === undefined) return undefined
      if (!value.includes('/')) return canonical(host) === value ? direct : undefined
      return isIn(host, value) ? 'network' : undefined
    }
    case 'domain':
      if (host === undefined || canonical(host) !== undefined) return undefined
      if (host === value) return direct
      return host.endsWith(`.${value}`) ? 'parent-domain' : undefined
    case 'url':
      return isSameUrl(text, value) ? 'exact' : undefined
    case 'email':
    case 'md5':
    case 'sha256':
      return text.toLowerCase() === value ? 'exact' : undefined
    default:
      return text === value ? 'exact' : undefined
  }
}

function hostOf(text: string): { host?: string | undefined; isWhole: boolean } {
  if (isIPv4(text) || isIPv6(text)) return { host: text, isWhole: true }
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1]
  if (bracketed !== undefined) return { host: bracketed, isWhole: true }
  const url = parsed(text)
  if (url) return { host: url.hostname.replace(/^\[|\]$|\.$/g, ''), isWhole: false }
  const mail = /^[^@\s<>]+@([^@\s<>]+)$/.exec(text)?.[1]
  const withPort = /^([^:@\s/]+):\d{1,5}$/.exec(text)?.[1]
  const name = mail ?? withPort ?? text
  const isName = /^(?!.*[-.]{2})[a-z0-9][a-z0-9.-]*\.[a-z][a-z0-9-]*\.?$/i.test(name) || isIPv4(name)
  return { host: isName ? name.toLowerCase().replace(/\.$/, '') : undefined, isWhole: name === text }
}

function parsed(text: string): URL | undefined {
  if (/^[a-z]+:\/\//i.test(text)) return URL.canParse(text) ? new URL(text) : undefined
  const isBare = /^[^\s/?@:]*\.[^\s/?@:]+(?::\d+)?[/?]/.test(text)
  return isBare && URL.canParse(`http://${text}`) ? new URL(`http://${text}`) : undefined
}

/** The same but for a slash at the end of the path; a URL without a scheme may be of http or https. */
function isSameUrl(first: string, second: string): boolean {
  const [a, b] = [parsed(first), parsed(second)]
  if (!a || !b) return false
  const rest = (url: URL) => `${url.username}@${url.host}${url.pathname.replace(/\/$/, '')}${url.search}`
  const hasScheme = (text: string) => /^[a-z]+:\/\//i.test(text)
  if (rest(a) !== rest(b)) return false
  if (hasScheme(first) && hasScheme(second)) return a.protocol === b.protocol
  return [a, b].every((url) => /^https?:$/.test(url.protocol))
}

function canonical(address: string): string | undefined {
  if (isIPv4(address)) return address
  if (!isIPv6(address)) return undefined
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  return mapped ?? new URL(`http://[${address}]/`).hostname.slice(1, -1)
}

function isIn(host: string, network: string): boolean {
  const address = canonical(host)
  if (address === undefined) return false
  const [base = '', length = ''] = network.split('/')
  const family = (text: string) => (isIPv4(text) ? 'ipv4' : 'ipv6')
  if (family(base) !== family(address)) return false
  const list = new BlockList()
  list.addSubnet(base, Number(length), family(base))
  return list.check(address, family(address))
}

/** The deciding one: highest severity, newest, first category, kind, value. */
export function naiveBest(matches: readonly { indicator: Indicator; how: string; field: string }[]) {
  const rank = ({ indicator }: { indicator: Indicator }) => indicator
  return [...matches].sort((first, second) => {
    const [a, b] = [rank(first), rank(second)]
    if ((a.severity ?? -1) !== (b.severity ?? -1)) return (b.severity ?? -1) - (a.severity ?? -1)
    if (a.lastSeen !== b.lastSeen) return a.lastSeen < b.lastSeen ? 1 : -1
    if (a.category !== b.category) return (a.category ?? '\uffff') < (b.category ?? '\uffff') ? -1 : 1
    return `${a.kind} ${a.value}` < `${b.kind} ${b.value}` ? -1 : 1
  })[0]
}
