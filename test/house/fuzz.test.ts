import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { seeded } from '../../tools/campaign/seeded.ts'
import { seedOf, stretchesOf } from '../../tools/fuzz/plan.ts'
import { fuzzTargets } from '../../tools/fuzz/registry.ts'
import { same, secret } from '../../tools/fuzz/target.ts'
import type { OpenTarget } from '../../tools/fuzz/target.ts'
import { faultOf } from '../../tools/fuzz/verdict.ts'

const folder = path.resolve(import.meta.dirname, '../../tools/fuzz/targets')

describe('the fuzzing campaign', () => {
  // First: what a target reads as a secret is not in any message of this process from then on.
  const error = (message: string, kind: 'usage' | 'internal' = 'usage') =>
    new StixTaxiiError('CORE_X', message, { kind })
  it.each([
    ['a crash', () => Promise.reject(new TypeError('x is not a function')), /^crash: TypeError/],
    ['a property that does not hold', () => same(1, 2, 'one'), /^one: 1 is not 2/],
    ['an internal error', () => Promise.reject(error('x', 'internal')), /^internal/],
    ['a secret in a message', () => Promise.reject(error(`it was ${secret}`)), /names a secret/],
    ['a message that says nothing', () => Promise.reject(error('undefined is wrong')), /says nothing/],
  ])('sees %s', async (_, judge, wanted) => {
    const broken: OpenTarget = { make: () => '', judge }
    expect(await faultOf(broken, '', seeded(1))).toMatch(wanted)
    expect(await faultOf({ make: () => '', judge: () => undefined }, '', seeded(1))).toBeUndefined()
  })

  it.each(fuzzTargets.map((target) => [target.name, target] as const))(
    '%s holds for the first inputs of a seed',
    async (name, target) => {
      const open = await target.open()
      try {
        for (let index = 0; index < 25; index += 1) {
          const random = seeded(seedOf(4, name, index))
          expect([index, await faultOf(open, open.make(random), random)]).toEqual([index, undefined])
        }
      } finally {
        await open.close?.()
      }
    },
  )

  it('makes the same input for the same seed, target and number, whatever else is run', () => {
    for (const target of fuzzTargets.filter(({ name }) => name !== 'server' && name !== 'log')) {
      const open = target.open() as OpenTarget
      const make = (): unknown => open.make(seeded(seedOf(9, target.name, 17)))
      expect(make()).toEqual(make())
    }
  })

  it('runs every target that is written', () => {
    const written = readdirSync(folder).flatMap((file) => [
      ...readFileSync(path.join(folder, file), 'utf8').matchAll(
        /^export const (\w+)(?:: FuzzTarget)? = (?:document\(|\{)/gm,
      ),
    ])
    expect(fuzzTargets.length).toBe(written.length)
    expect(new Set(fuzzTargets.map(({ name }) => name)).size).toBe(fuzzTargets.length)
    const stretches = stretchesOf(fuzzTargets, { seed: 1, count: 50_000, from: 0, lanes: 2 })
    expect(stretches.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(49_900)
  })
})
