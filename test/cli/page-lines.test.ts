import { expect, it } from 'vitest'
import { pageLines, rawContents } from '../../src/cli/page-lines.ts'
import type { Received } from '../../src/taxii/client.ts'

const place = { source: 's', collection: 'c' }
const object = (text: string): Received => ({ kind: 'object', raw: Buffer.from(text) })

it('F4: a page is written in portions of about 1 MiB, each object in its place, whatever its size', () => {
  const texts = Array.from({ length: 40 }, (_, n) =>
    JSON.stringify({ n, text: 'å'.repeat(n === 20 ? 2_000_000 : 50_000) }),
  )
  const portions = [...pageLines(texts.map(object), place)]
  expect(Buffer.concat(portions).toString()).toBe(texts.map((text) => `${text}\n`).join(''))
  expect(portions.length).toBeGreaterThan(3)
  const largest = Math.max(...portions.map(({ length }) => length))
  expect(largest).toBeLessThan(4_000_100 + 1024 * 1024)
})

it('a page without items is no portion at all', () => {
  expect([...pageLines([], place)]).toEqual([])
  expect([...rawContents([])]).toEqual([])
})

it('X1: the content of a block is the same whether it is ASCII or not', () => {
  for (const content of ['<a>"x"\n</a>', '<a>Ålesund 日本</a>']) {
    const block: Received = { kind: 'block', id: 'block--1', binding: 'b', raw: Buffer.from(content) }
    const [line] = pageLines([block], place)
    expect((JSON.parse(String(line)) as { content: string }).content).toBe(content)
    expect(Buffer.concat([...rawContents([block])]).toString()).toBe(`${content}\n`)
  }
})
