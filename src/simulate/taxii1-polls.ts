import { timestampOfDate, toEpochMicroseconds } from '../core/timestamp.ts'
import type { PollAnswer } from './taxii1-messages.ts'
import type { StatusOptions, Taxii1Options } from './taxii1-options.ts'
import { labelText } from './taxii1-shelf.ts'
import type { BlockShelf, ShelfBlock } from './taxii1-shelf.ts'
import { childOf, textOf } from './taxii1-wire.ts'
import type { Taxii1Version, WireElement } from './taxii1-wire.ts'

/** A poll's outcome: an answer, a status message, or an HTTP status for what TAXII is not asked about. */
export type PollOutcome =
  { readonly answer: PollAnswer } | { readonly status: StatusOptions } | { readonly http: number }

interface ResultSet {
  readonly answer: Omit<PollAnswer, 'blocks'>
  readonly blocks: readonly ShelfBlock[]
  pendingLeft: number
}

/** Parameters that a poll has of its own or by its subscription. */
export interface PollParameters {
  readonly subscriptionId?: string | undefined
  readonly bindings: readonly string[]
  readonly countOnly: boolean
  readonly query?: string | undefined
}

/** The counter at which polls and fulfilments are answered; it keeps the result sets. */
export function createPollCounter(options: Taxii1Options) {
  const results = new Map<string, ResultSet>()
  let retriesLeft = options.retry?.times ?? 0
  let partsLeft = options.forgetsAfterParts ?? Infinity
  let made = 0
  const now = (): string => timestampOfDate(options.now?.() ?? new Date())

  const part = (set: ResultSet, number: number): PollOutcome => {
    const size = options.partSize ?? Math.max(1, set.blocks.length)
    const parts = Math.max(1, Math.ceil(set.blocks.length / size))
    if (number < 1 || number > parts)
      return { status: { type: 'INVALID_RESPONSE_PART', details: { MAX_PART_NUMBER: String(parts) } } }
    const blocks = set.blocks.slice((number - 1) * size, number * size)
    const several = parts > 1
    const numbered = several || number > 1 ? { more: number < parts, part: number } : {}
    return { answer: { ...set.answer, ...numbered, resultId: several ? set.answer.resultId : undefined, blocks } }
  }

  return {
    /** Forgets every result set, as a restarted server does. */
    forget: (): void => results.clear(),

    poll(request: WireElement, shelf: BlockShelf, version: Taxii1Version, parameters: PollParameters): PollOutcome {
      if (retriesLeft-- > 0)
        return { status: { type: 'RETRY', details: { ESTIMATED_WAIT: String(options.retry?.waitSeconds ?? 0) } } }
      const window = readWindow(request, shelf, options, now())
      if ('status' in window || 'http' in window) return window
      const chosen = choose(shelf, window, parameters, options)
      if (!chosen) return { status: { type: 'UNSUPPORTED_QUERY' } }
      if (options.maxBlocks !== undefined && chosen.length > options.maxBlocks) return { http: 413 }
      const { begin, end } = window
      if (end !== undefined) shelf.promise(end)
      const counts = options.recordCount ?? true
      const count = counts === 'partial' ? Math.floor(chosen.length / 2) : chosen.length
      const answer = {
        collection: shelf.options,
        subscriptionId: parameters.subscriptionId,
        begin: begin === undefined ? undefined : labelText(begin),
        end: end === undefined ? undefined : labelText(end),
        count: counts === false && !parameters.countOnly ? undefined : count,
        countIsPartial: counts === 'partial',
        resultId: nameResult(options, ++made, begin, end),
      }
      if (parameters.countOnly) return { answer: { ...answer, resultId: undefined, blocks: [] } }
      const pendingLeft =
        childOf(request, 'Poll_Parameters')?.attributes.allow_asynch === 'true' ? pendings(options) : 0
      const set: ResultSet = { answer, blocks: chosen, pendingLeft }
      if (version === '1.0') return { answer: { ...answer, resultId: undefined, blocks: chosen } }
      results.set(answer.resultId, set)
      return pendingLeft > 0 ? pending(set, options) : part(set, 1)
    },

    fulfil(request: WireElement): PollOutcome {
      const id = request.attributes.result_id ?? ''
      const set = results.get(id)
      if (!set || set.answer.collection.name !== request.attributes.collection_name)
        return { status: { type: 'NOT_FOUND', details: { ITEM: id }, message: 'no such result' } }
      if (set.pendingLeft > 0) return pending(set, options)
      if (options.pending?.lost) return { status: { type: 'ASYNCHRONOUS_POLL_ERROR', message: 'the result is gone' } }
      if (partsLeft-- <= 0) {
        partsLeft = Infinity
        results.delete(id)
        return { status: { type: 'NOT_FOUND', details: { ITEM: id }, message: 'the result is forgotten' } }
      }
      return part(set, Number(request.attributes.result_part_number ?? 1))
    },
  }
}

const pendings = (options: Taxii1Options): number => options.pending?.times ?? 0

function pending(set: ResultSet, options: Taxii1Options): PollOutcome {
  set.pendingLeft--
  const wait = String(options.pending?.waitSeconds ?? 1)
  const details = { ESTIMATED_WAIT: wait, RESULT_ID: set.answer.resultId ?? '', WILL_PUSH: 'false' }
  return { status: { type: 'PENDING', details } }
}

interface LabelWindow {
  readonly begin?: bigint | undefined
  /** As the answer states it. */
  readonly end?: bigint | undefined
  /** Up to which blocks are given. */
  readonly until?: bigint | undefined
}

function readWindow(
  request: WireElement,
  shelf: BlockShelf,
  options: Taxii1Options,
  now: string,
): LabelWindow | Exclude<PollOutcome, { answer: unknown }> {
  if (shelf.options.type === 'set') return {}
  const [begin, asked] = [textOf(request, 'Exclusive_Begin_Timestamp'), textOf(request, 'Inclusive_End_Timestamp')]
  const [from, to] = [begin, asked].map((label) => (label === undefined ? undefined : toEpochMicroseconds(label)))
  if ((begin !== undefined && from === undefined) || (asked !== undefined && to === undefined))
    return { status: { type: 'BAD_MESSAGE', message: 'a timestamp label is not RFC 3339' } }
  if (options.needsWindow && (from === undefined || to === undefined)) return { http: 400 }
  const present = toEpochMicroseconds(now) ?? 0n
  const end = to === undefined || to > present ? present : to
  if (from !== undefined && from > (to ?? end)) return { status: { type: 'FAILURE', message: 'begin is after end' } }
  const longest = options.maxWindowMs === undefined ? undefined : BigInt(options.maxWindowMs) * 1000n
  if (longest !== undefined && (from === undefined || (to ?? end) - from > longest))
    return { status: { type: 'FAILURE', message: 'The time window of a poll is too long' } }
  const stated = options.endLabel ? options.endLabel(asked, now) : labelText(end)
  // An end label that is not stated is kept to all the same.
  if (stated === null) return { begin: from, until: end }
  const label = toEpochMicroseconds(stated)
  return { begin: from, end: label, until: label }
}

function choose(
  shelf: BlockShelf,
  { begin, until }: LabelWindow,
  parameters: PollParameters,
  options: Taxii1Options,
): readonly ShelfBlock[] | undefined {
  const { query, bindings } = parameters
  if (query !== undefined && !options.query) return undefined
  return shelf.blocks.filter(
    ({ label, binding, input }) =>
      (begin === undefined || label > begin) &&
      (until === undefined || label <= until) &&
      (bindings.length === 0 || bindings.includes(binding)) &&
      (query === undefined || options.query?.(query, input.content) === true),
  )
}

function nameResult(options: Taxii1Options, made: number, begin: bigint | undefined, end: bigint | undefined): string {
  if (options.resultIds !== 'range') return `urn:result:${made}`
  return `${(begin ?? 0n) / 1000n}-${(end ?? 0n) / 1000n}`
}
