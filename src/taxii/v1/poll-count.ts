import type { PollCount, PollRequest } from '../client.ts'
import type { Directory } from './directory.ts'
import type { Link } from './link.ts'
import { firstStand, maxSpanMs, openRun, poll } from './poll.ts'
import { readFirstPart } from './poll-part.ts'
import type { ReadPart } from './poll-part.ts'
import type { Slab } from './poll-stream.ts'
import { conclude, windowOf } from './poll-window.ts'
import type { Stand } from './poll-window.ts'

/**
 * Counts what a poll would bring: by COUNT_ONLY in 1.1; where that or its `Record_Count` is missing, by polling.
 * @see TAXII 1.1 Services Specification, 4.4.8 and 4.4.9
 */
export async function count(
  link: Link,
  directory: Directory,
  request: PollRequest,
  signal?: AbortSignal,
): Promise<PollCount> {
  const counted = link.wire.version === '1.1' ? await countOnly(link, directory, request, signal) : undefined
  if (counted) return counted
  let found = 0
  for await (const page of poll(link, directory, request, signal)) found += page.items.length + page.damaged.length
  return { count: found, atLeast: false }
}

async function countOnly(
  link: Link,
  directory: Directory,
  request: PollRequest,
  signal?: AbortSignal,
): Promise<PollCount | undefined> {
  const run = await openRun(link, directory, request, signal, { countOnly: true })
  let [total, atLeast] = [0, false]
  let stand: Stand | undefined = firstStand(run)
  while (stand) {
    const window = windowOf(stand, request.end)
    if (!window) break
    const now = link.serverDate
    const read = await lastOf(readFirstPart(run, window))
    if (read.kind === 'none' || read.head.count === undefined) return undefined
    total += read.head.count
    atLeast ||= read.head.countIsPartial
    if (!run.target.isFeed) break
    const end = { window, label: read.head.endStamp, now, isEmpty: read.head.count === 0 }
    stand = conclude(stand, end, { end: request.end, maxSpanMs: maxSpanMs(run) }).next
  }
  return { count: total, atLeast }
}

async function lastOf(stream: AsyncGenerator<Slab, ReadPart>): Promise<ReadPart> {
  for (;;) {
    const step = await stream.next()
    if (step.done) return step.value
  }
}
