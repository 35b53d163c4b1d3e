import { expect, it } from 'vitest'
import { newPieceSum } from '../../src/store/piece-sum.ts'
import type { StorePiece } from '../../src/store/store-piece.ts'
import { indicators } from '../contracts/a-store.ts'

const sumOf = (...pieces: readonly StorePiece[]) => {
  const sum = newPieceSum()
  for (const piece of pieces) sum.add(piece)
  return sum
}
const vanished = (...ids: readonly string[]): StorePiece => ({ kind: 'vanished', key: indicators, ids })
const conflict = (kept: string, other: string): StorePiece => ({
  kind: 'conflict',
  entry: { key: indicators, id: 'i', version: 'v', seenAt: '', kept: Buffer.from(kept), other: Buffer.from(other) },
})

it('is the same for a set of ids in whatever order and pieces they come, and for no other set', () => {
  const whole = sumOf(vanished('a', 'b', 'c'))
  expect(sumOf(vanished('c'), vanished('b', 'a')).differences(whole)).toEqual([])
  expect(sumOf(vanished('a', 'b', 'd')).differences(whole)).toEqual(['vanished'])
  expect(sumOf(vanished('a', 'b')).differences(whole)).toEqual(['vanished'])
  expect(sumOf().differences(whole)).toEqual(['vanished'])
  expect([whole.counts().vanished, sumOf().counts().vanished]).toEqual([3, 0])
})

it('depends on the order of what has one, and on where one of two ends', () => {
  const [one, two] = [conflict('ab', 'c'), conflict('a', 'bc')]
  expect(sumOf(one).differences(sumOf(two))).toEqual(['conflicts'])
  expect(sumOf(one, two).differences(sumOf(two, one))).toEqual(['conflicts'])
  expect(sumOf(one, two).digest()).toBe(sumOf(one, two).digest())
  expect(sumOf(one, two).digest()).not.toBe(sumOf(two, one).digest())
})

it('has digests of 64 digits, of a set too, and of nothing', () => {
  const { vanished: set, revoked: nothing } = sumOf(vanished('a')).digests()
  expect(set).toMatch(/^[0-9a-f]{64}$/)
  expect(nothing).toBe('0'.repeat(64))
})
