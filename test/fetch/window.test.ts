import { describe, expect, it } from 'vitest'
import {
  beginByServerClock,
  checkRequest,
  filtersOf,
  isEmptyWindow,
  overlapping,
  planWindow,
  readTyped,
  restarted,
} from '../../src/fetch/window.ts'
import type { Window, WindowFacts } from '../../src/fetch/window.ts'
import { thrownBy } from '../support/thrown.ts'

const key = { source: 's', root: 'r', collection: 'c' }
const movedAt = '2026-03-01T00:00:00.000000Z'
const stamp = '2026-02-20T00:00:00.123456789Z'

function facts(more: Partial<WindowFacts> = {}): WindowFacts {
  return {
    checkpoint: undefined,
    firstBegin: '20d',
    now: new Date('2026-03-31T12:00:00.000Z'),
    ordering: 'feed',
    overlapMicroseconds: 1,
    ...more,
  }
}

const read = facts({ checkpoint: { key, stamp, movedAt } })
const lockTimeoutMs = 0

describe('a window', () => {
  it('T11 of a month ago on 31 March begins on the last of February, in UTC', () => {
    expect(planWindow({ since: '1mo', lockTimeoutMs }, facts()).begin).toBe('2026-02-28T12:00:00.000000Z')
  })

  it('without --since begins one microsecond before the checkpoint, finer digits cut', () => {
    expect(planWindow({ lockTimeoutMs }, read)).toMatchObject({
      begin: '2026-02-20T00:00:00.123455Z',
      movesCheckpoint: true,
    })
    expect(planWindow({ lockTimeoutMs }, { ...read, overlapMicroseconds: 0 })).toMatchObject({ begin: stamp })
  })

  it.each([
    [{ since: '2026-02-20T00:00:00.123456789Z' }, true],
    [{ since: '2026-02-20T01:00:00.123456789+01:00' }, true],
    [{ since: '2026-02-20T00:00:00.123456790Z' }, false],
    [{ since: '60d' }, true],
    [{ since: '2d' }, false],
    [{ until: '2d' }, true],
    [{ limit: 5 }, true],
    [{ match: [{ field: 'type', values: ['x'] }] }, false],
    [{ full: true }, false],
  ])('%j moves the checkpoint: %s', (request, moves) => {
    expect(planWindow({ ...request, lockTimeoutMs }, read).movesCheckpoint).toBe(moves)
  })

  it.each([
    [{ since: '2d' }, true],
    [{ match: [{ field: 'type', values: ['x'] }], since: '60d' }, false],
  ])('%j makes a first checkpoint: %s', (request, moves) => {
    expect(planWindow({ ...request, lockTimeoutMs }, facts()).movesCheckpoint).toBe(moves)
  })

  const half = facts({
    checkpoint: {
      key,
      stamp,
      movedAt,
      run: { filters: { since: '30d', begin: 'B', reached: 'R' }, position: { next: 'n' } },
    },
  })

  it.each([
    ['nothing is typed', {}, true],
    ['the same is typed', { since: '30d' }, true],
    ['another begin is typed', { since: '31d' }, false],
    ['an end is typed', { since: '30d', until: '1d' }, false],
    ['a match is typed', { match: [{ field: 'type', values: ['x'] }] }, false],
    ['everything is wanted', { full: true }, false],
  ])('of a half-read run goes on with its first filters when %s: %o, %s', (_what, request, goesOn) => {
    const window = planWindow({ ...request, lockTimeoutMs }, half)
    expect(window.position).toEqual(goesOn ? { next: 'n' } : undefined)
    if (goesOn) expect(window).toMatchObject({ begin: 'B', reached: 'R', movesCheckpoint: true })
  })

  const begun = '2026-03-11T12:00:00.000000Z'
  const timeless = facts({
    checkpoint: { key, movedAt, run: { filters: { begin: begun }, position: { resultId: '7', part: 2 } } },
  })
  const backfill = facts({
    checkpoint: {
      key,
      stamp,
      movedAt,
      run: { filters: { since: '60d', begin: '2026-01-30T12:00:00Z', reached: '2026-02-03T00:00:00Z' }, position: {} },
    },
  })

  it.each([
    ['that has proved no time yet, from after its begin', timeless, { since: '1d' }, false],
    ['that has proved no time yet, from its begin', timeless, { since: begun }, true],
    ['that reads older things again, from after where it stands', backfill, { since: '50d' }, false],
    ['that reads older things again, from before where it stands', backfill, { since: '59d' }, true],
  ])('in place of a half-read run %s, moves the checkpoint: %s', (_what, known, request, moves) => {
    const window = planWindow({ ...request, lockTimeoutMs }, known)
    expect([window.position, window.movesCheckpoint]).toEqual([undefined, moves])
  })

  it('with an end of its own begins where a half-read run stands, not where a first fetch would', () => {
    const later = { ...timeless, now: new Date('2026-04-20T12:00:00.000Z') }
    expect(planWindow({ until: '1d', lockTimeoutMs }, later)).toMatchObject({
      begin: '2026-03-11T11:59:59.999999Z',
      movesCheckpoint: true,
    })
  })

  it('of a data set has no bounds', () => {
    expect(planWindow({ since: '2d', until: '1d', lockTimeoutMs }, facts({ ordering: 'set' }))).toMatchObject({
      movesCheckpoint: true,
    })
    expect(planWindow({ since: '2d', lockTimeoutMs }, facts({ ordering: 'set' })).begin).toBeUndefined()
  })

  it('that is restarted begins where it had come to, and never before its own begin', () => {
    const window: Window = {
      begin: '2026-02-20T00:00:00.000000Z',
      movesCheckpoint: true,
      typed: {},
      position: { next: 'n' },
    }
    expect(restarted(window, '2026-02-21T00:00:00.000000Z', 1)).toMatchObject({
      begin: '2026-02-20T23:59:59.999999Z',
      position: undefined,
    })
    expect(restarted(window, undefined, 1)).toMatchObject({ begin: window.begin })
    expect(restarted(window, '2026-02-20T00:00:00.000000Z', 1).begin).toBe(window.begin)
  })

  it.each([
    ['2026-03-31T11:00:00.000000Z', '2026-03-29T11:00:00.000000Z'],
    ['2026-03-31T11:59:30.000000Z', undefined],
    ['2083-01-01T00:00:00.000000Z', undefined],
    [undefined, undefined],
  ])('T10 with the server clock at %s begins at %s', (serverDate, begin) => {
    const window = planWindow({ since: '2d', lockTimeoutMs }, facts())
    expect(beginByServerClock(window, serverDate)).toBe(begin)
  })
})

describe('what is typed of a window', () => {
  const now = new Date('2026-03-31T12:00:00.000Z')
  it('is two instants, or none', () => {
    expect(readTyped({}, now)).toEqual({ begin: undefined, end: undefined })
    expect(readTyped({ since: '2d', until: '1d' }, now)).toEqual({
      begin: '2026-03-29T12:00:00.000000Z',
      end: '2026-03-30T12:00:00.000000Z',
    })
    expect(readTyped({ until: '2026-03-01T00:00:00Z' }, now)).toEqual({
      begin: undefined,
      end: '2026-03-01T00:00:00.000000Z',
    })
  })

  it.each([
    ['1d', '2d'],
    ['1d', '1d'],
  ])('is refused where %s is not before %s', (since, until) => {
    expect(thrownBy(() => readTyped({ since, until }, now))).toMatchObject({
      code: 'FETCH_WINDOW_EMPTY',
      kind: 'usage',
      context: { since: '2026-03-30T12:00:00.000000Z' },
    })
  })

  it.each([
    [{ since: '2026-03-31T12:00:00.000001Z' }, 'FETCH_SINCE_FUTURE'],
    [{ since: '2026-03-31T12:00:00.000000Z' }, undefined],
    [{ until: '2030-01-01T00:00:00Z' }, undefined],
    [{ since: 'soon' }, 'CORE_WINDOW_UNREADABLE'],
    [{ full: true }, undefined],
    [{ full: true, match: [] }, undefined],
    [{ full: true, since: '2d' }, 'FETCH_FULL_WINDOW'],
    [{ full: true, until: '2d' }, 'FETCH_FULL_WINDOW'],
    [{ full: true, limit: 5 }, 'FETCH_FULL_WINDOW'],
    [{ full: true, limit: 0 }, 'FETCH_FULL_WINDOW'],
    [{ full: true, match: [{ field: 'type', values: ['x'] }] }, 'FETCH_FULL_WINDOW'],
    [{ since: '2d', limit: 5 }, undefined],
  ])('%j is refused as %s', (request, code) => {
    const fault = thrownBy(() => checkRequest({ ...request, lockTimeoutMs }, now))
    expect(fault).toEqual(code === undefined ? undefined : expect.objectContaining({ code, kind: 'usage' }))
  })

  it('lies in the future with what it is as a time', () => {
    const since = '2026-03-31T13:00:00Z'
    expect(thrownBy(() => checkRequest({ since, lockTimeoutMs }, now))).toMatchObject({
      context: { since: '2026-03-31T13:00:00.000000Z' },
    })
  })
})

describe('a window that is kept', () => {
  const window: Window = { begin: 'B', end: 'E', movesCheckpoint: true, typed: { since: 'S', until: 'U' } }

  it('of a half-read run has its filters and how far it came, and is known again by them', () => {
    expect(filtersOf(window, 'R')).toEqual({ since: 'S', until: 'U', begin: 'B', end: 'E', reached: 'R' })
    expect(filtersOf({ movesCheckpoint: true, typed: {} }, undefined)).toEqual({})
    const run = { filters: filtersOf(window, 'R'), position: { next: 'n' } }
    const kept = facts({ checkpoint: { key, stamp, movedAt, run } })
    const again = { ...window, position: { next: 'n' }, reached: 'R' }
    expect(planWindow({ lockTimeoutMs }, kept)).toEqual(again)
    expect(planWindow({ since: 'S', until: 'U', lockTimeoutMs }, kept)).toEqual(again)
    expect(planWindow({ lockTimeoutMs }, { ...kept, ordering: 'set' })).toEqual({ ...again, begin: undefined })
    const other = planWindow({ since: '2d', until: '1d', lockTimeoutMs }, kept)
    expect([other.position, other.typed]).toEqual([undefined, { since: '2d', until: '1d' }])
  })

  it('with marks that are no text stands nowhere', () => {
    const run = { filters: { begin: 7, reached: null, end: [] }, position: {} }
    expect(planWindow({ lockTimeoutMs }, facts({ checkpoint: { key, movedAt, run } }))).toMatchObject({
      begin: undefined,
      end: undefined,
      reached: undefined,
    })
  })

  it('T3 overlaps by so many microseconds, or not at all', () => {
    expect(overlapping('2026-02-20T00:00:00.000001Z', 1)).toBe('2026-02-20T00:00:00.000000Z')
    expect(overlapping('2026-02-20T00:00:00.000001Z', 0)).toBe('2026-02-20T00:00:00.000001Z')
    expect(overlapping('no time', 1)).toBe('no time')
  })

  it('is empty where its end is not after its begin', () => {
    const [early, late] = ['2026-02-20T00:00:00Z', '2026-02-21T00:00:00Z']
    const empty = (begin?: string, end?: string): boolean => isEmptyWindow({ ...window, begin, end })
    expect([empty(early, late), empty(late, early), empty(early, early)]).toEqual([false, true, true])
    expect([empty(undefined, early), empty(late, undefined), empty()]).toEqual([false, false, false])
  })

  it('T10 has no other begin where none was counted from our clock', () => {
    const absolute = planWindow({ since: '2026-03-29T12:00:00Z', lockTimeoutMs }, facts())
    expect(beginByServerClock(absolute, '2026-03-31T11:00:00.000000Z')).toBeUndefined()
    const relative = planWindow({ since: '2d', lockTimeoutMs }, facts())
    expect(relative.relativeBegin).toEqual({ count: 2, unit: 'd' })
    expect(beginByServerClock({ ...relative, begin: undefined }, '2026-03-31T11:00:00.000000Z')).toBeUndefined()
    // A minute is no difference; more is one.
    expect(beginByServerClock(relative, '2026-03-31T11:59:00.000000Z')).toBeUndefined()
    expect(beginByServerClock(relative, '2026-03-31T11:58:59.999999Z')).toBe('2026-03-29T11:58:59.999999Z')
  })

  it('of a first fetch counts from the profile’s begin, and of what has an end keeps it', () => {
    expect(planWindow({ lockTimeoutMs }, facts())).toEqual({
      begin: '2026-03-11T12:00:00.000000Z',
      end: undefined,
      movesCheckpoint: true,
      typed: { since: undefined, until: undefined },
      relativeBegin: { count: 20, unit: 'd' },
    })
    expect(planWindow({ until: '1d', lockTimeoutMs }, read)).toMatchObject({
      begin: '2026-02-20T00:00:00.123455Z',
      end: '2026-03-30T12:00:00.000000Z',
    })
    expect(planWindow({ full: true, lockTimeoutMs }, read)).toEqual({
      movesCheckpoint: false,
      typed: { since: undefined, until: undefined },
    })
    const matched = { match: [{ field: 'type', values: ['x'] }], lockTimeoutMs }
    expect(planWindow(matched, facts({ ordering: 'set' })).movesCheckpoint).toBe(false)
    expect(planWindow({ ...matched, match: [] }, read).movesCheckpoint).toBe(true)
  })
})
