import { expect, it } from 'vitest'
import { someIndicators } from '../../support/indicators.ts'
import { aClient, idsOf, readPoll } from '../a-client.ts'
import { dated, deep, feedThat, rangesThat, second } from './a-feed.ts'

const objects = someIndicators(25)
const text = (index: number): string => JSON.stringify(objects[index])
const codes = (notices: readonly { readonly code: string }[]): string[] => notices.map(({ code }) => code)

const places: [string, readonly number[]][] = [
  ['in the middle of a range', [3]],
  ['as the last of a range', [9]],
  ['as the first of what is new', [10]],
  ['as both ends', [9, 10, 18]],
  ['as whole ranges', Array.from({ length: 19 }, (_, index) => index + 5)],
]

it.each(places)(
  'C20-4: damaged values %s are counted as the server counts them: nothing is lost',
  async (_name, at) => {
    const texts = objects.map((_object, index) => (at.includes(index) ? deep(String(index)) : text(index)))
    await using feed = await rangesThat(texts)
    await using opened = await aClient(feed.url, { version: '2.0' })
    const { ids, pages, error } = await readPoll(opened.client, { pageSize: 10 })
    expect(error).toBeUndefined()
    expect(ids).toEqual(idsOf(objects.filter((_object, index) => !at.includes(index))))
    expect(pages.flatMap(({ damaged }) => damaged.map(({ raw }) => raw.toString()))).toEqual(at.map(String).map(deep))
    expect(codes(opened.notices)).not.toContain('TAXII_RANGE_MOVED')
    expect(codes(opened.notices)).not.toContain('TAXII_RANGE_ODD')
    expect(feed.asked()).toBe(3)
  },
)

it('C20-4: a damaged value that a server gives alone does not end the poll', async () => {
  const texts = [text(0), deep('a'), deep('b'), text(1)]
  await using feed = await rangesThat(texts, { cap: 1, contentRange: (first, last) => `items ${first}-${last}/*` })
  await using opened = await aClient(feed.url, { version: '2.0' })
  const { ids, pages, error } = await readPoll(opened.client)
  expect([ids, error]).toEqual([idsOf(objects.slice(0, 2)), undefined])
  expect(pages.flatMap(({ damaged }) => damaged)).toHaveLength(2)
})

it('C20-4: a stored position whose last value was damaged goes on, and is refused when that value has moved', async () => {
  const texts = objects.map((_object, index) => (index === 9 ? deep('9') : text(index)))
  await using feed = await rangesThat(texts)
  await using opened = await aClient(feed.url, { version: '2.0' })
  const { pages } = await readPoll(opened.client, { pageSize: 10 })
  const position = pages[0]?.position
  const rest = await readPoll(opened.client, { pageSize: 10, position })
  expect([rest.ids, rest.error]).toEqual([idsOf(objects.slice(10)), undefined])
  expect(rest.pages.flatMap(({ damaged }) => damaged)).toEqual([])
  texts.splice(0, 1)
  expect((await readPoll(opened.client, { pageSize: 10, position })).error).toMatchObject({
    code: 'TAXII_POSITION_REFUSED',
  })
})

it('C21-18: pages of nothing but damaged values are pages: no wait, and the poll goes on', async () => {
  await using feed = await feedThat((n) => {
    const more = n < 6 ? `,"more":true,"next":"n${n}"` : ''
    return { text: `{"objects":[${n < 6 ? deep(String(n)) : text(0)}]${more}}` }
  })
  await using opened = await aClient(feed.url)
  const { ids, pages, error } = await readPoll(opened.client)
  expect([ids, error]).toEqual([idsOf(objects.slice(0, 1)), undefined])
  expect(pages.map(({ damaged, position }) => [damaged.length, position?.['next']])).toEqual([
    ...[0, 1, 2, 3, 4, 5].map((n) => [1, `n${n}`]),
    [0, undefined],
  ])
  expect(opened.clock.slept).toEqual([])
})

it('C21-18: a page of damaged values that comes again and again is a loop', async () => {
  await using feed = await feedThat((n) => ({ text: `{"more":true,"next":"n${n}","objects":[${deep('a')}]}` }))
  await using opened = await aClient(feed.url)
  expect((await readPoll(opened.client)).error).toMatchObject({ code: 'TAXII_NO_PROGRESS', context: { objects: 1 } })
  expect(feed.asked()).toBeLessThanOrEqual(4)
})

it('a full page with next and no word of more is followed, also when a value of it is damaged', async () => {
  await using feed = await feedThat((n) =>
    n === 0
      ? { text: `{"next":"a","objects":[${text(0)},${deep('a')},${text(1)}]}` }
      : { json: { objects: objects.slice(2, 4) } },
  )
  await using opened = await aClient(feed.url)
  expect((await readPoll(opened.client, { pageSize: 3 })).ids).toEqual(idsOf(objects.slice(0, 4)))
})

it('T3: paging by date goes past a page of nothing but damaged values, and gives each once', async () => {
  const added = [text(0), deep('a'), deep('b'), deep('c'), text(1), text(2)]
  await using feed = await feedThat((_n, { url }) => {
    const after = url.searchParams.get('added_after') ?? ''
    const from = added.findIndex((_text, index) => second(index) > after)
    const last = Math.min(from + 2, added.length) - 1
    const more = last < added.length - 1 ? '"more":true,' : ''
    return {
      text: `{${more}"objects":[${added.slice(from, last + 1).join(',')}]}`,
      headers: dated(second(from), second(last)),
    }
  })
  await using opened = await aClient(feed.url)
  const { ids, pages, error } = await readPoll(opened.client)
  expect([ids, error]).toEqual([idsOf(objects.slice(0, 3)), undefined])
  expect(pages.flatMap(({ damaged }) => damaged.map(({ raw }) => raw.toString()))).toEqual(['a', 'b', 'c'].map(deep))
})
