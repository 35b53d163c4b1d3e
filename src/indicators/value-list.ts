import type { Value } from '../stix/statement.ts'
import { readUrl } from '../core/url.ts'
import { addressRange, normaliseAddress } from '../stix/values/addresses.ts'
import { normaliseDomain } from '../stix/values/domains.ts'

/** Values that are no threat, or would warn of everything: an allow list or a warning list. */
export interface ValueList {
  readonly name: string
  /** The entry that covers the value, as it was written; undefined when none does. */
  find(value: Value): string | undefined
}

/** The host that a value names: of a URL and an e-mail address the one after `//` and `@`. A domain or an address. */
export function hostOf(value: Value): Value | undefined {
  if (value.kind === 'domain' || value.kind === 'ipv4' || value.kind === 'ipv6') return value
  if (value.kind === 'email') return asHost(value.value.slice(value.value.lastIndexOf('@') + 1))
  if (value.kind !== 'url') return undefined
  const text = value.value.includes('://') ? value.value : `http://${value.value}`
  const url = readUrl(text)
  return url && asHost(url.hostname)
}

function asHost(text: string): Value | undefined {
  const domain = normaliseDomain(text)
  return domain === undefined ? normaliseAddress(text.replace(/^\[|\]$/g, '')) : { kind: 'domain', value: domain }
}

/** Addresses and networks; finds what has any address in common with one of them. */
export interface Ranges {
  add(range: Value, entry: string): void
  find(value: Value): string | undefined
}

interface Range {
  readonly first: string
  readonly last: string
  readonly entry: string
  /** The greatest `last` of all ranges up to this one. */
  reach: string
}

export function newRanges(): Ranges {
  const ranges: Record<'ipv4' | 'ipv6', Range[]> = { ipv4: [], ipv6: [] }
  let isSorted = true

  function sort(): void {
    if (isSorted) return
    for (const kind of ['ipv4', 'ipv6'] as const) {
      ranges[kind].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
      let reach = ''
      for (const range of ranges[kind]) {
        if (range.last > reach) reach = range.last
        range.reach = reach
      }
    }
    isSorted = true
  }

  return {
    add(value, entry) {
      const found = sortable(value)
      if (!found || (value.kind !== 'ipv4' && value.kind !== 'ipv6')) return
      ranges[value.kind].push({ ...found, entry, reach: '' })
      isSorted = false
    },
    find(value) {
      if (value.kind !== 'ipv4' && value.kind !== 'ipv6') return undefined
      const wanted = sortable(value)
      if (!wanted) return undefined
      sort()
      const known = ranges[value.kind]
      // The last range that begins before the wanted one ends; going back only while something still reaches this far.
      for (let at = lastBefore(known, wanted.last); at >= 0; at--) {
        const range = known[at] as Range
        if (range.last >= wanted.first) return range.entry
        if (range.reach < wanted.first) return undefined
      }
      return undefined
    },
  }
}

function lastBefore(ranges: readonly Range[], last: string): number {
  let [low, high] = [0, ranges.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle] as Range).first <= last) low = middle + 1
    else high = middle
  }
  return low - 1
}

function sortable(value: Value): { first: string; last: string } | undefined {
  const range = addressRange(value)
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
  return range && { first: text(range.first), last: text(range.last) }
}

/** Host names; finds a name that is one of them or lies below one. */
export interface Hosts {
  /** `below`: also what lies below it. */
  add(name: string, entry: string, below: boolean): void
  find(name: string): string | undefined
}

export function newHosts(): Hosts {
  const exact = new Map<string, string>()
  const above = new Map<string, string>()
  return {
    add(name, entry, below) {
      exact.set(name, entry)
      if (below) above.set(name, entry)
    },
    find(name) {
      const found = exact.get(name)
      if (found !== undefined || above.size === 0) return found
      for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) {
        const parent = above.get(name.slice(at + 1))
        if (parent !== undefined) return parent
      }
      return undefined
    },
  }
}
