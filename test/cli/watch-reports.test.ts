import { expect, it } from 'vitest'
import { watchReports } from '../../src/cli/watch-reports.ts'
import type { WatchedSource } from '../../src/workflow/watch.ts'
import { aTaxiiProfile } from '../support/a-profile.ts'
import { fakeClock } from '../support/fake-clock.ts'

const aSource = (name: string, next: string, fetching = false): WatchedSource => ({
  profile: aTaxiiProfile({ name }),
  fetching,
  lastAttempt: null,
  lastSuccess: null,
  next: new Date(next),
  failures: 0,
  error: null,
})

const sources = [
  aSource('acme', '2026-03-01T00:00:00Z', true),
  aSource('beta', '2026-03-03T00:00:00Z'),
  aSource('gamma', '2026-03-02T00:00:00Z'),
]

async function noted(format: string, once: boolean, ...rounds: (readonly WatchedSource[])[]): Promise<string[]> {
  const notes: string[] = []
  const parts = {
    clock: fakeClock(),
    output: { format },
    terminal: { note: (text: string) => notes.push(text) },
    signal: new AbortController().signal,
  }
  const reports = watchReports(parts as unknown as Parameters<typeof watchReports>[0], {
    hook: undefined,
    healthFile: undefined,
    once,
  })
  for (const round of rounds) await reports.onHealth(round)
  return notes
}

it('a watch says once what it watches and what comes next, also when nothing is due for a day', async () => {
  expect(await noted('table', false, sources, sources)).toEqual([
    'Watching 3 sources until stopped; fetching acme; next: gamma at 2026-03-02T00:00:00Z',
  ])
  expect(await noted('table', false, [], sources.slice(1, 2))).toEqual([
    'Watching 1 source until stopped; next: beta at 2026-03-03T00:00:00Z',
  ])
})

it('a watch that writes data, or fetches once, says nothing at its start', async () => {
  expect(await noted('ndjson', false, sources)).toEqual([])
  expect(await noted('table', true, sources)).toEqual([])
})
