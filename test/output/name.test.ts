import { expect, it } from 'vitest'
import { openName } from '../../src/output/name.ts'
import { shape, written } from '../contracts/output-suite.ts'

it('is one line for each record whose name is a word, a number or a yes or no', async () => {
  const names = ['acme', 7, true, '', null, undefined, { a: 1 }, ['b'], 0, false, 'last']
  const { text } = await written('name', (writer) =>
    writer.list(
      names.map((name) => ({ name })),
      shape,
    ),
  )
  expect(text).toBe('acme\n7\ntrue\n\n0\nfalse\nlast\n')
})

it('shows what would act on a terminal, of one record and of results alike', async () => {
  const hostile = { name: 'a\u001b[2J\nb' }
  const one = await written('name', (writer) => writer.one(hostile, shape))
  const results = await written('name', (writer) =>
    writer.results([hostile, { other: 1 }, hostile], { failed: 0 }, shape),
  )
  expect(one.text).toBe('a\\u{1b}[2J\\u{a}b\n')
  expect(results.text).toBe(one.text.repeat(2))
})

it('takes its name by the shape, passes raw bytes on and ends its stream', async () => {
  const chunks: unknown[] = []
  let ended = 0
  const stream = {
    closed: true,
    write: (chunk: unknown) => Promise.resolve(void chunks.push(chunk)),
    end: () => Promise.resolve(void (ended += 1)),
  }
  const writer = await openName({ stream } as never)
  expect([writer.format, writer.closed]).toEqual(['name', true])
  await writer.one({ id: 'i', name: 'n' }, { ...shape, name: 'id' })
  await writer.raw(Buffer.from('raw'))
  await writer.end()
  expect([chunks, ended]).toEqual([['i\n', Buffer.from('raw')], 1])
})
