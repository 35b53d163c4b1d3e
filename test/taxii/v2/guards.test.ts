import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLoopGuard, createSampler } from '../../../src/taxii/v2/guards.ts'
import { emptySlab, type Slab } from '../../../src/taxii/v2/page-load.ts'

const guard = () => createLoopGuard(new URL('https://ann:secret@taxii.example/r/?x=1'))
const slabOf = (values: readonly Buffer[], damagedAt: (index: number) => boolean): Slab => ({
  ...emptySlab(),
  items: values.filter((_value, index) => !damagedAt(index)),
  damaged: values
    .filter((_value, index) => damagedAt(index))
    .map((raw) => ({ reason: 'STIX_LIMIT', detail: 'x', raw })),
  first: values[0],
  last: values.at(-1),
})

describe('C21-18: what a loop is known by', () => {
  it('a cursor was seen once it was asked for, and is asked for once', () => {
    const { ask, seen } = guard()
    expect([seen('a'), seen('b')]).toEqual([false, false])
    ask('a')
    ask('b')
    expect([seen('a'), seen('b'), seen('ab')]).toEqual([true, true, false])
    expect(() => ask('a')).toThrow(
      expect.objectContaining({
        code: 'TAXII_CURSOR_LOOP',
        context: expect.objectContaining({ cursor: 'a' }) as object,
      }) as Error,
    )
  })

  it('a cursor of any length is shown in part, and the address without its secret', () => {
    const { ask } = guard()
    const cursor = 'c'.repeat(5000)
    ask(cursor)
    try {
      ask(cursor)
      expect.unreachable()
    } catch (error) {
      const { context, hint } = error as { context: { cursor: string; url: string }; hint: string }
      expect(context.cursor.length).toBeLessThan(120)
      expect(context.url).not.toContain('secret')
      expect(hint).toContain('kept')
    }
  })

  it('a page that comes three times is a loop, whatever came between; one of the same ends and another size is not', () => {
    const [a, b] = [Buffer.from('a'), Buffer.from('b')]
    const { page } = guard()
    page({ count: 2, objects: [a, b] })
    page({ count: 3, objects: [a, b] })
    page({ count: 2, objects: [a, b] })
    page({ count: 2, objects: [Buffer.from('ab')] })
    page({ count: 0, objects: [] })
    page({ count: 0, objects: [] })
    page({ count: 0, objects: [] })
    expect(() => page({ count: 2, objects: [a, b] })).toThrow(
      expect.objectContaining({ code: 'TAXII_NO_PROGRESS' }) as Error,
    )
  })

  it('a page in another order is the same page; one of other values that looks like it is not', () => {
    const valuesOf = (texts: string) => [...texts].map((text) => Buffer.from(text.repeat(80)))
    const { page } = guard()
    const ask = (values: readonly Buffer[]) => {
      const sampler = createSampler()
      sampler.add(slabOf(values, () => false))
      page(sampler.sample())
    }
    for (const texts of ['abcdef', 'bcdefa', 'cdefab']) ask(valuesOf(texts))
    // As long, and the same words where the look is taken: only every byte tells them apart.
    for (const [n, tail] of ['u', 'v', 'w', 'x', 'y'].entries())
      ask([...valuesOf('pqrst'), Buffer.from(`${'g'.repeat(79)}${tail}`)].toSorted(() => n - 2))
    expect(() => ask(valuesOf('fabcde'))).toThrow(expect.objectContaining({ code: 'TAXII_NO_PROGRESS' }) as Error)
  })

  it('the values of a page are told apart where they meet', () => {
    const { page } = guard()
    for (const [x, y] of ['ab c', 'a bc', 'abc ', ' abc'].map((each) =>
      each.split(' ').map((text) => Buffer.from(text)),
    ))
      page({ count: 2, objects: [x ?? Buffer.alloc(0), y ?? Buffer.alloc(0)] })
  })

  it('three empty pages on end are borne, and counted anew after a page', () => {
    const { empty, page } = guard()
    expect([empty(), empty(), empty()]).toEqual([1, 2, 3])
    page({ count: 1, objects: [Buffer.from('a')] })
    expect([empty(), empty(), empty()]).toEqual([1, 2, 3])
    expect(empty).toThrow(
      expect.objectContaining({
        code: 'TAXII_NO_PROGRESS',
        context: expect.objectContaining({ emptyPages: 4 }) as object,
      }) as Error,
    )
  })
})

describe('the sample of a page', () => {
  const values = fc.array(
    fc.string().map((text) => Buffer.from(text)),
    { maxLength: 12 },
  )

  it('counts all values and has the first and the last, however the page is cut and whatever is damaged', () => {
    fc.assert(
      fc.property(
        values,
        fc.array(fc.nat(12)),
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        (all, cuts, damaged) => {
          const borders = [0, ...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b), all.length]
          const sampler = createSampler()
          for (let at = 1; at < borders.length; at++) {
            const from = borders[at - 1] as number
            sampler.add(slabOf(all.slice(from, borders[at]), (index) => damaged[from + index] === true))
          }
          const { count, objects } = sampler.sample()
          expect(count).toBe(all.length)
          expect(objects[0]).toBe(all[0])
          expect(objects.at(-1)).toBe(all.at(-1))
          expect(objects).not.toContain(undefined)
        },
      ),
    )
  })

  it('has one from its middle', () => {
    const all = ['a', 'b', 'c', 'd', 'e'].map((text) => Buffer.from(text))
    const sampler = createSampler()
    sampler.add(slabOf(all, () => false))
    sampler.add(slabOf(all.slice(0, 2), () => false))
    expect(sampler.sample().objects.map(String)).toEqual(['a', 'c', 'b'])
  })
})
