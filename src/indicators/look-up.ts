import type { Value } from '../stix/statement.ts'
import { networksContaining } from '../stix/values/addresses.ts'
import { failedForm, recognise } from '../stix/values/recognise.ts'
import type { KnownValue, NetworkLengths } from '../store/known-value.ts'
import type { Store } from '../store/store.ts'
import { hostOf } from './value-list.ts'

/**
 * How something was found: the value itself; the host of a URL; a domain above a host; a network that holds an address.
 * Only `value` says that the very thing asked for is known.
 */
export const matchWays = ['value', 'host', 'parent-domain', 'network'] as const
export type MatchWay = (typeof matchWays)[number]

export interface Match {
  readonly by: MatchWay
  readonly known: KnownValue
}

/** What was asked, and what is known of it. */
export interface Answer {
  readonly text: string
  /** What the text was taken for: the value that is known, else the likeliest. Undefined: it cannot be any value. */
  readonly value?: Value | undefined
  /** Only values that something is known of; the closest way first. */
  readonly matches: readonly Match[]
}

interface Candidate {
  readonly by: MatchWay
  readonly value: Value
}

/** Looks up what a person or a log wrote, defanged too; answers in the order of the texts. */
export async function lookUp(store: Store, texts: readonly string[]): Promise<readonly Answer[]> {
  const recognised = texts.map((text) => recognise(text))
  const lengths = await lengthsFor(store, recognised.flat())
  const candidates = await Promise.all(recognised.map((values) => candidatesOf(values, lengths)))
  const known = await store.lookup(candidates.flat().map(({ value }) => value))
  let at = 0
  return texts.map((text, place) => {
    const own = candidates[place] as readonly Candidate[]
    const found = own.map(({ by }, index) => ({ by, known: known[at + index] as KnownValue }))
    at += own.length
    const matches = found.filter((match) => match.known.statements.length > 0)
    const exact = matches.find(({ by }) => by === 'value')?.known
    const value = exact ?? (failedForm(text) === undefined ? recognised[place]?.[0] : undefined)
    return { text, ...(value && { value: { kind: value.kind, value: value.value } }), matches }
  })
}

async function lengthsFor(store: Store, values: readonly Value[]): Promise<NetworkLengths> {
  const isNeeded = values.some(({ kind }) => kind === 'ipv4' || kind === 'ipv6' || kind === 'url')
  return isNeeded ? store.networkLengths() : { ipv4: [], ipv6: [] }
}

/** Values that answer for what was recognised, in the order of `matchWays`, each once. */
async function candidatesOf(recognised: readonly Value[], lengths: NetworkLengths): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = recognised.map((value) => ({ by: 'value', value }))
  const [first] = recognised
  if (!first || first.kind === 'email') return candidates
  const host = hostOf(first)
  if (!host) return candidates
  if (first.kind === 'url') candidates.push({ by: 'host', value: host })
  if (host.kind === 'domain') {
    const { parentDomains } = await import('../stix/values/parent-domains.ts')
    for (const value of parentDomains(host.value))
      candidates.push({ by: 'parent-domain', value: { kind: 'domain', value } })
  } else {
    const known = host.kind === 'ipv4' ? lengths.ipv4 : lengths.ipv6
    for (const value of networksContaining(host, known))
      candidates.push({ by: 'network', value: { kind: host.kind, value } })
  }
  return candidates
}
