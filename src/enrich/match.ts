import type { ValueKind } from '../stix/statement.ts'
import { networksContaining, normaliseAddress } from '../stix/values/addresses.ts'
import { normaliseDomain } from '../stix/values/domains.ts'
import { maxValueLength, normaliseValue } from '../stix/values/normalise.ts'
import { parentDomains } from '../stix/values/parent-domains.ts'
import { normaliseUrl, urlLookupForms } from '../stix/values/urls.ts'
import type { MatchIndex } from './open-index.ts'
import type { IndexRecord } from './record.ts'
import { trimmed, trimmedEnd } from './trim.ts'
import { wordPattern } from './value-keys.ts'

/** How a value of a line meets an indicator: it is the same, lies below its domain, in its network, or its host does. */
export type MatchHow = 'exact' | 'parent-domain' | 'network' | 'host'

export interface Match {
  readonly record: IndexRecord
  readonly how: MatchHow
}

/** Looks for indicators in the values of a line. The scan has to name every line in which this finds one. */
export interface Matcher {
  /** A whole value, without blanks around it. */
  value(text: string): readonly Match[]
  /** Every address, name, URL and hash within a text. */
  words(text: string): readonly Match[]
}

/** UTF-16 units; no name in normal form is longer than a quarter of it. */
const longestHost = 1024

/** Answers that are kept, for what is found in many lines. */
const mostKept = 10_000

export function createMatcher(index: MatchIndex): Matcher {
  const { prefixLengths, tables } = index.tail
  const kept = new Map<string, readonly Match[]>()
  const none: readonly Match[] = []

  const find = (kind: ValueKind, value: string, how: MatchHow): readonly Match[] =>
    index
      .recordsFor(value)
      .filter((record) => record.kind === kind && record.value === value)
      .map((record) => ({ record, how }))

  function same(text: string): readonly Match[] {
    return index.recordsFor(text).flatMap((record) => {
      // Normalising what is normal changes nothing.
      if (record.value === text) return [{ record, how: 'exact' as const }]
      const value = normaliseValue(record.kind, text)
      return value?.kind === record.kind && value.value === record.value ? [{ record, how: 'exact' as const }] : []
    })
  }

  function address(text: string, how: MatchHow): readonly Match[] {
    const value = normaliseAddress(text)
    if (!value || value.value.includes('/')) return none
    const lengths = value.kind === 'ipv4' ? prefixLengths.ipv4 : prefixLengths.ipv6
    const networks = lengths.length === 0 ? [] : networksContaining(value, lengths)
    return [
      find(value.kind, value.value, how),
      ...networks.map((network) => find(value.kind, network, 'network')),
    ].flat()
  }

  function host(text: string, how: MatchHow): readonly Match[] {
    if (ipv4Like.test(text)) return address(text, how)
    if (text.includes(':')) return tables.ipv6 ? address(text, how) : none
    if (!text.includes('.') || text.length > longestHost) return none
    const isAscii = !beyondAscii.test(text)
    // Asked before it is normalised: most names are unknown, and so is what is above them.
    const name = isAscii ? text.toLowerCase().replace(/\.$/, '') : normaliseDomain(text)
    if (name === undefined) return none
    const known = suffixesOf(name).filter((suffix) => find('domain', suffix, how).length > 0)
    if (known.length === 0 || (isAscii && normaliseDomain(name) === undefined)) return none
    const parents = known.length === 1 && known[0] === name ? [] : parentDomains(name)
    return known.flatMap((suffix) => {
      if (suffix === name) return find('domain', suffix, how)
      return parents.includes(suffix) ? find('domain', suffix, 'parent-domain') : []
    })
  }

  function url(text: string): readonly Match[] {
    const normal = normaliseUrl(text)
    if (normal === undefined) return none
    const whole = tables.urls ? urlLookupForms(normal).flatMap((form) => find('url', form, 'exact')) : []
    const { hostname } = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? normal : `http://${normal}`)
    return [...whole, ...host(hostname.replace(/^\[|\]$/g, ''), 'host')]
  }

  function value(text: string): readonly Match[] {
    if (!index.scan.mayKnow(text)) return none
    const known = kept.get(text)
    if (known) return known
    const found = distinct([...same(text), ...formed(text)])
    if (found.length === 0 || text.length > 512) return found
    if (kept.size >= mostKept) kept.clear()
    kept.set(text, found)
    return found
  }

  // By the form that a value has.
  function formed(text: string): readonly Match[] {
    if (!text.includes('.') && !text.includes(':')) return none
    if (ipv4Like.test(text)) return address(text, 'exact')
    if (mapped.test(text)) return address(text, 'exact')
    const v6 = tables.ipv6 ? v6Like.exec(text) : null
    if (v6 && isAddressLong(text)) return address(v6[1] ?? v6[2] ?? '', 'exact')
    const withPort = hostAndPort.exec(text)
    if (withPort) return host(withPort[1] ?? '', 'host')
    if (schemed.test(text)) return url(text)
    const mailbox = mail.exec(text)
    if (mailbox) return mailMatches(text, mailbox[1] ?? mailbox[2] ?? '')
    if (bareUrl.test(text)) return url(text)
    return plainHost.test(text) ? host(text, 'exact') : none
  }

  function mailMatches(text: string, bare: string): readonly Match[] {
    const normal = normaliseValue('email', text)
    if (!normal) return none
    return [...find('email', normal.value, 'exact'), ...host(bare.slice(bare.lastIndexOf('@') + 1), 'host')]
  }

  return {
    value(text) {
      const bare = trimmed(text, ' ')
      return bare === '' || bare.length > maxValueLength ? none : value(bare)
    },
    words(text) {
      const found: Match[] = []
      for (const word of wordsOf(text)) if (word.length <= maxValueLength) found.push(...value(word))
      return found.length === 0 ? none : distinct(found)
    },
  }
}

const ipv4Like = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/
const mapped = /^::ffff:\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/i
const v6Like = /^(?:([0-9A-Fa-f:.]+)(?:%[\w.-]+)?|\[([0-9A-Fa-f:.]+)(?:%[\w.-]+)?\](?::\d{1,5})?)$/
const hostAndPort = /^([^\s:/@?#[\]\\]+):\d{1,5}$/
const schemed = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//
const mail = /^(?:[^<>]*<([^<>\s]+@[^<>\s@]+)>|([^<>\s]+@[^<>\s@]+))$/

const bareUrl = /^[^\u0000- /?#@\\]*[.[\u0080-\u{10ffff}][^\u0000- /?#@\\]*[/?]/u

const plainHost = /^[^\u0000- /?#@\\:]+$/

const beyondAscii = /[^\u0000-\u007f]/

/** What the scan takes for a v6 address: two colons together, or at least six. */
function isAddressLong(text: string): boolean {
  return text.includes('::') || (text.match(/:/g) ?? []).length >= 6
}

/** The name and everything behind its dots that has a dot itself. */
function suffixesOf(name: string): readonly string[] {
  const suffixes = [name]
  for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) {
    if (name.includes('.', at + 1)) suffixes.push(name.slice(at + 1))
  }
  return suffixes
}

function distinct(matches: readonly Match[]): readonly Match[] {
  if (matches.length < 2) return matches
  const first = new Map<string, Match>()
  for (const match of matches) {
    const name = `${match.record.kind} ${match.record.value}`
    if (!first.has(name)) first.set(name, match)
  }
  return [...first.values()]
}

// Each begins where nothing of its kind stands before it, so that no text takes more than one pass.
const bareUrlRun = /(?<![\w@./:-])[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z0-9-]+(?::\d{1,5})?\/[^\s"'<>`]*/g
const v6Run = /(?<![\w:.])(?:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*[0-9A-Fa-f]|[0-9A-Fa-f]+::)(?![\w:])/g
const schemeEnd = /[A-Za-z][A-Za-z0-9+.-]*$/
const urlRest = /[^\s"'<>`]*/y
const mailboxEnd = /[^\s"'`<>()[\],;:=|\\]+$/
const mailHost = /[A-Za-z0-9.-]+/y

/** Everything in a text that may be a value, each once. */
function wordsOf(text: string): ReadonlySet<string> {
  const words = new Set<string>()
  for (const word of text.match(wordPattern) ?? []) words.add(trimmed(word, '.'))
  if (text.includes('/')) for (const run of text.match(bareUrlRun) ?? []) addCuts(words, run)
  if (text.includes(':')) for (const run of text.match(v6Run) ?? []) words.add(trimmedEnd(run, '.'))
  for (const run of around(text, '://', { before: schemeEnd, most: 40, after: urlRest })) {
    addCuts(words, run)
  }
  for (const run of around(text, '@', { before: mailboxEnd, most: 160, after: mailHost })) {
    // At the end of a sentence.
    words.add(trimmedEnd(run, '.'))
  }
  words.delete('')
  return words
}

interface Surroundings {
  readonly before: RegExp
  /** Characters looked at before the mark. */
  readonly most: number
  readonly after: RegExp
}

/** What stands around each mark in a text, with something before it. */
function* around(text: string, mark: string, { before, most, after }: Surroundings): Generator<string> {
  let from = 0
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, from)) {
    const start = before.exec(text.slice(Math.max(from, at - most), at))?.[0] ?? ''
    after.lastIndex = at + mark.length
    const end = after.exec(text)?.[0] ?? ''
    if (start !== '' && end !== '') yield start + mark + end
    from = at + mark.length
  }
}

/** A URL as it stands there and without the punctuation at its end, of which some may be its own. */
function addCuts(words: Set<string>, run: string): void {
  let cut = run
  for (let more = 0; more < 4; more++) {
    words.add(cut)
    if (!/[.,;:!?)\]}]$/.test(cut)) return
    cut = cut.slice(0, -1)
  }
  words.add(trimmedEnd(cut, '.,;:!?)]}'))
}
