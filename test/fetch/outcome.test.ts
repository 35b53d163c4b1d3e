import { describe, expect, it } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { addCounts, noCounts } from '../../src/fetch/counts.ts'
import type { FetchResult } from '../../src/fetch/fetch.ts'
import { asFetchError, statusOf } from '../../src/fetch/fetch-error.ts'
import { failureOf, nameOfRow, totalsOf } from '../../src/fetch/outcome.ts'

const some = { pages: 1, received: 2, new: 3, updated: 4, unchanged: 5, conflicts: 6, quarantined: 7, revoked: 8 }
const row = (source: string, collection: string | null, more: Partial<FetchResult> = {}): FetchResult => ({
  source,
  collection,
  title: null,
  version: '2.1',
  ...noCounts,
  from: null,
  to: null,
  status: 'ok',
  error: null,
  ...more,
})
const broken = new StixTaxiiError('HTTP_CONNECTION_LOST', 'lost', { kind: 'network' })
const failed = { status: 'failed', error: broken } as const

describe('what all rows come to', () => {
  it('is the sum of each count, and how many sources, collections and failures there are', () => {
    const rows = [row('a', 'c1', some), row('a', 'c2', { ...some, ...failed }), row('b', null, failed)]
    expect(totalsOf(rows)).toEqual({ sources: 2, collections: 2, failed: 2, ...addCounts(some, some) })
    expect(totalsOf([])).toEqual({ sources: 0, collections: 0, failed: 0, ...noCounts })
  })

  it('adds field by field and leaves out what is no count', () => {
    const twice = {
      pages: 2,
      received: 4,
      new: 6,
      updated: 8,
      unchanged: 10,
      conflicts: 12,
      quarantined: 14,
      revoked: 16,
    }
    expect(addCounts({ ...some, more: 1 } as typeof some, some)).toEqual(twice)
    expect(addCounts(some, noCounts)).toEqual(some)
    expect(Object.values(noCounts)).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  })
})

describe('how a fetch ends', () => {
  it('is well when no row has an error', () => {
    expect(failureOf([])).toBeUndefined()
    expect(failureOf([row('a', 'c1'), row('b', 'c1')])).toBeUndefined()
  })

  it('is the error of the first row where all failed', () => {
    const other = { status: 'failed', error: new StixTaxiiError('HTTP_X', 'x', { kind: 'auth' }) } as const
    expect(failureOf([row('a', 'c1', failed), row('b', null, other)])).toBe(broken)
  })

  it('is partial, with the names of the rows that failed', () => {
    const rows = [row('a', 'c1'), row('a', 'c2', failed), row('b', null, failed)]
    expect(failureOf(rows)).toMatchObject({
      code: 'FETCH_PARTIAL',
      kind: 'partial',
      message: '2 of 3 failed: a/c2, b',
      context: { failed: ['a/c2', 'b'] },
      cause: broken,
    })
    expect([nameOfRow({ source: 'a', collection: 'c' }), nameOfRow({ source: 'a', collection: null })]).toEqual([
      'a/c',
      'a',
    ])
  })

  it('is a cancellation where one row was cancelled', () => {
    const stopped = { status: 'cancelled', error: broken } as const
    for (const rows of [[row('a', 'c1', stopped)], [row('a', 'c1', failed), row('a', 'c2', stopped), row('b', 'c')]]) {
      expect(failureOf(rows)).toMatchObject({ kind: 'cancelled' })
    }
  })
})

describe('what stopped a row', () => {
  const going = new AbortController().signal
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' })

  it('is its own error, and a cancellation after the signal whatever it was', () => {
    expect(asFetchError(broken, going)).toBe(broken)
    expect(asFetchError(broken, AbortSignal.abort())).toMatchObject({ kind: 'cancelled' })
  })

  it('L1 is local where the system refused, else a fault of ours', () => {
    expect(asFetchError(full, going)).toMatchObject({ code: 'FETCH_SYSTEM_FAULT', kind: 'local', cause: full })
    const bug = new TypeError('x is undefined')
    expect(asFetchError(bug, going)).toMatchObject({ code: 'FETCH_UNEXPECTED', kind: 'internal', cause: bug })
    expect(asFetchError('a text', going).message).toContain('a text')
  })

  it('makes its row cancelled or failed', () => {
    expect(statusOf(broken)).toBe('failed')
    expect(statusOf(asFetchError(broken, AbortSignal.abort()))).toBe('cancelled')
  })
})
