import { expect, it } from 'vitest'
import type { StatedValue } from '../../src/stix/statement.ts'
import { indexItem } from '../../src/store/index-reading.ts'
import { anObject } from '../support/items.ts'
import { aStatement } from '../support/said.ts'

const address = (n: number): string => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
const indexed = (values: readonly StatedValue[]) =>
  indexItem(
    () => ({ statements: [{ ...aStatement('indicator--1'), values }], relations: [], named: [], losses: [] }),
    anObject(),
  ).statements[0]?.values

it('takes linear time for a statement with very many values', () => {
  const values = Array.from({ length: 60_000 }, (_, n) => ({ kind: 'ipv4', value: address(n), sound: true }) as const)
  const begun = performance.now()
  expect(indexed(values)).toHaveLength(60_000)
  expect(performance.now() - begun).toBeLessThan(2000)
})

it('has the same value once, as it was first written, and sound when any of them is', () => {
  const values: StatedValue[] = [
    { kind: 'ipv4', value: '192.0.2.1', sound: false, original: '192[.]0.2.1' },
    { kind: 'ipv4', value: '192.0.2.2', sound: false },
    { kind: 'ipv4', value: '192.0.2.1', sound: true },
    { kind: 'domain', value: 'bad.example', sound: true },
    { kind: 'domain', value: 'bad.example', sound: false },
  ]
  expect(indexed(values)).toMatchObject([{ sound: true, original: '192[.]0.2.1' }, { sound: false }, { sound: true }])
})
