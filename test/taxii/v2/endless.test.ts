import { expect, it } from 'vitest'
import { seeded } from '../../../tools/campaign/seeded.ts'
import { someIndicators } from '../../support/indicators.ts'
import { aClient, idsOf, readPoll } from '../a-client.ts'
import type { Said } from '../a-script.ts'
import { dated, feedThat } from './a-feed.ts'

const page = (n: number, size = 3) => someIndicators(size, n * size)
const cursors = (names: string, n: number) => names.charAt(n % names.length)
const shuffled = <T>(values: readonly T[], seed: number): readonly T[] => {
  const random = seeded(seed)
  return values
    .map((value) => ({ value, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ value }) => value)
}
const minutes = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString()

/** What each says to its n-th request, for ever; the pages 0 to 4 are all it has. */
const personalities: Readonly<Record<string, (n: number) => Said>> = {
  'the same next and the same page': () => ({ json: { more: true, next: 'x', objects: page(0) } }),
  'the same next, behind three pages of their own': (n) => ({
    json: { more: true, next: n < 3 ? `n${n}` : 'x', objects: page(Math.min(n, 3)) },
  }),
  'cursors A, B, A': (n) => ({ json: { more: true, next: cursors('AB', n), objects: page(n % 2) } }),
  'cursors A, B, C, D, A': (n) => ({ json: { more: true, next: cursors('ABCD', n), objects: page(n % 4) } }),
  'ever new cursors to one page': (n) => ({ json: { more: true, next: `n${n}`, objects: page(0) } }),
  'ever new cursors to two pages in turn': (n) => ({ json: { more: true, next: `n${n}`, objects: page(n % 2) } }),
  'ever new cursors to one page, turned round each time': (n) => ({
    json: { more: true, next: `n${n}`, objects: n % 2 === 0 ? page(0) : page(0).toReversed() },
  }),
  'ever new cursors to one page, in another order each time': (n) => ({
    json: { more: true, next: `n${n}`, objects: shuffled(page(0, 40), n) },
  }),
  'ever new cursors to empty pages': (n) => ({
    json: { more: true, next: `n${n}`, ...(n === 0 && { objects: page(0) }) },
  }),
  'one cursor to empty pages': (n) => ({ json: { more: true, next: 'x', ...(n === 0 && { objects: page(0) }) } }),
  'more, and neither next nor dates': () => ({ json: { more: true, objects: page(0) } }),
  'dates, and added_after ignored': () => ({
    json: { more: true, objects: page(0) },
    headers: dated(minutes(0), minutes(9)),
  }),
  'dates that go back': (n) => ({
    json: { more: true, objects: page(n % 3) },
    headers: dated(minutes(100 - 2 * n), minutes(101 - 2 * n)),
  }),
}

it.each(Object.entries(personalities))(
  'T2: a server that never ends is asked again three times at most when it brings nothing new: %s',
  async (_name, say) => {
    const seen = new Set<string>()
    let useless = 0
    await using feed = await feedThat((n) => {
      const said = say(n)
      const ids = idsOf((said.json as { objects?: readonly Record<string, unknown>[] }).objects ?? [])
      if (ids.every((id) => seen.has(id))) useless++
      for (const id of ids) seen.add(id)
      return said
    })
    await using opened = await aClient(feed.url)
    const { error, ids } = await readPoll(opened.client)
    expect(error).toMatchObject({ kind: 'protocol' })
    // The first one that brings nothing, and three more.
    expect(useless).toBeLessThanOrEqual(4)
    // Of a page behind which there is no way on nothing is taken; all else is kept.
    expect([...seen].filter((id) => !ids.includes(id))).toEqual(feed.asked() === 1 ? [...seen] : [])
  },
)
