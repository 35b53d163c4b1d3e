import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'
import { redactUrl } from '../../core/redact.ts'
import type { Page, PollRequest } from '../client.ts'
import { isWrongAddress } from './directory.ts'
import type { Directory } from './directory.ts'
import { expectRoot, statusOf } from './exchange.ts'
import type { Link } from './link.ts'
import { boundsOf, variantsOf } from './poll-form.ts'
import type { PollForm, Variant } from './poll-form.ts'
import { readPollHead } from './poll-answer.ts'
import type { PollHead } from './poll-answer.ts'
import { streamPoll } from './poll-stream.ts'
import type { LastSlab, Slab, SlabSizes } from './poll-stream.ts'
import { unknownCollection } from './poll-target.ts'
import type { PollTarget } from './poll-target.ts'
import type { ResultStand, Window } from './poll-window.ts'
import { fulfilmentRequest, labelOf, pollRequest } from './requests.ts'
import type { RequestWriter } from './requests.ts'
import { detailOf, estimatedWaitMs, statusError } from './status.ts'
import type { Status } from './status.ts'
import { wholeNumber } from './xml-node.ts'

/** What one call of `poll` shares among its requests. */
export interface PollRun {
  readonly link: Link
  readonly directory: Directory
  readonly target: PollTarget
  readonly request: PollRequest
  readonly countOnly: boolean
  readonly sizes?: SlabSizes | undefined
  readonly signal?: AbortSignal | undefined
  /** Milliseconds that may still be waited for PENDING and RETRY. */
  waitLeftMs: number
  /** The address that answered. */
  address?: URL | undefined
  /** Times on end that a window was halved after a time-out or a broken answer. */
  slowHalvings: number
  /** How polls have to be written for this server. */
  form: PollForm
}

/** One part of an answer, read to its end; or the news that there is none with this number. */
export type ReadPart =
  | {
      readonly kind: 'part'
      readonly last: LastSlab
      readonly head: PollHead
      readonly result?: ResultStand | undefined
    }
  | { readonly kind: 'none' }

/**
 * Asks for a window's first part: at each address until one has the collection, and in each form until one is accepted.
 * Slabs of a very large answer are yielded.
 */
export async function* readFirstPart(run: PollRun, window: Window): AsyncGenerator<Slab, ReadPart> {
  const addresses = run.address ? [run.address] : run.target.addresses
  const mayWait = run.link.wire.version === '1.1' && run.request.subscriptionId === undefined && !run.countOnly
  const abilities = { isFeed: run.target.isFeed, mayWait }
  let failure: unknown
  for (const address of addresses) {
    const variants: readonly Variant[] = [
      { form: run.form, helps: () => true },
      ...variantsOf(run.form, window, abilities),
    ]
    let last: StixTaxiiError | undefined
    for (const { form, helps } of variants) {
      if (last && !helps(last)) continue
      try {
        const read = yield* askWindow(run, window, address, form)
        run.address = address
        run.form = form
        return read
      } catch (error) {
        if (!(error instanceof StixTaxiiError)) throw error
        last = error
        failure = moreTelling(failure, run.directory.explain(address, error))
      }
    }
    if (last && !isWrongAddress(last) && !isUnknown(last)) throw failure
  }
  throw failure
}

/** Of several refusals the first one says most, unless it only says that the address is wrong, or "failure". */
function moreTelling(first: unknown, second: unknown): unknown {
  if (first === undefined) return second
  return saysLittle(first) && !saysLittle(second) ? second : first
}

function saysLittle(error: unknown): boolean {
  return isWrongAddress(error) || (error instanceof StixTaxiiError && error.context['status'] === 'FAILURE')
}

const isUnknown = (error: StixTaxiiError): boolean => error.code === 'TAXII_COLLECTION_UNKNOWN'

async function* askWindow(run: PollRun, window: Window, address: URL, form: PollForm): AsyncGenerator<Slab, ReadPart> {
  const { link, target, request } = run
  const now = link.serverDate
  const bounds = target.isFeed ? boundsOf(window, form, now) : {}
  const write = pollRequest(link.wire, {
    collection: target.collection,
    begin: bounds.begin === undefined ? undefined : labelOf(bounds.begin),
    end: bounds.end === undefined ? undefined : labelOf(bounds.end),
    subscriptionId: request.subscriptionId,
    bindings: target.bindings,
    query: request.query,
    countOnly: run.countOnly,
    allowAsynch: form.asynch,
  })
  const result = { end: window.end, now, address: address.href }
  return yield* askPart(run, { address, write, part: 1, result })
}

/** Asks for a further part of a result. */
export async function* readFurtherPart(run: PollRun, stand: ResultStand): AsyncGenerator<Slab, ReadPart> {
  const address = run.directory.resolve(stand.address)
  const { id, part, end, now } = stand
  const write = fulfilment(run, id, part)
  return yield* askPart(run, { address, write, part, result: { end, now, address: address.href, id } })
}

function fulfilment(run: PollRun, resultId: string, part: number): RequestWriter {
  return fulfilmentRequest(run.link.wire, { collection: run.target.collection, resultId, part })
}

interface PartQuestion {
  readonly address: URL
  readonly write: RequestWriter
  readonly part: number
  readonly result: Omit<ResultStand, 'id' | 'part' | 'label'> & { readonly id?: string | undefined }
}

/** Sends a poll or fulfilment, and again after each wait that the server asks for. */
async function* askPart(run: PollRun, question: PartQuestion): AsyncGenerator<Slab, ReadPart> {
  const { link, signal, sizes } = run
  let { write, result } = question
  let failures = 0
  for (;;) {
    const last = yield* streamPoll(link, { address: question.address, write, signal, sizes })
    const status = statusOf(last.answer)
    if (!status) return partOf(run, question, last, result)
    if (status.type === 'RETRY') await wait(run, status)
    else if (status.type === 'PENDING') {
      const id = detailOf(status, 'RESULT_ID') ?? result.id
      if (id === undefined) throw pendingWithoutId(run)
      await wait(run, status)
      result = { ...result, id }
      write = fulfilment(run, id, question.part)
    } else if (question.part > 1 && status.type === 'FAILURE' && failures++ === 0) continue
    else if (isEnd(status, question.part)) return { kind: 'none' }
    else throw refusedPart(run, question, status)
  }
}

function partOf(run: PollRun, question: PartQuestion, last: LastSlab, result: PartQuestion['result']): ReadPart {
  const root = expectRoot(run.link, last.answer, 'Poll_Response', whatOf(run))
  const head = readPollHead(root)
  const id = head.resultId ?? result.id
  return {
    kind: 'part',
    last,
    head,
    result: id === undefined ? undefined : { ...result, id, part: question.part, label: head.endStamp },
  }
}

const whatOf = (run: PollRun): string => `The poll of "${printable(run.target.collection, { maxLength: 200 })}"`

/** INVALID_RESPONSE_PART names the largest part: if we asked for the one behind it, there simply is none. */
function isEnd(status: Status, part: number): boolean {
  if (status.type !== 'INVALID_RESPONSE_PART' || part === 1) return false
  const largest = wholeNumber(detailOf(status, 'MAX_PART_NUMBER'))
  return largest !== undefined && largest < part
}

function refusedPart(run: PollRun, question: PartQuestion, status: Status): StixTaxiiError {
  const error = statusError(status, whatOf(run), run.link.settings.preset?.accessHint)
  if (question.part > 1) {
    const forgotten = ['NOT_FOUND', 'ASYNCHRONOUS_POLL_ERROR', 'INVALID_RESPONSE_PART', 'FAILURE', 'DENIED']
    return forgotten.includes(status.type) ? positionRefused(run, error) : error
  }
  return status.type === 'NOT_FOUND' && question.result.id === undefined
    ? unknownCollection(run.link, run.target, error)
    : error
}

/** The error for a half-read result that the server does not have any more. */
export function positionRefused(run: PollRun, cause?: unknown): StixTaxiiError {
  const message = `${run.link.settings.url.host} does not go on with the half-read poll of "${printable(run.target.collection)}"`
  return new StixTaxiiError('TAXII_POSITION_REFUSED', message, {
    kind: 'protocol',
    hint: 'Poll again from the last checkpoint: what is there already is recognised.',
    cause,
  })
}

function pendingWithoutId(run: PollRun): StixTaxiiError {
  return new StixTaxiiError('TAXII_RESULT_ID_MISSING', `${whatOf(run)} is PENDING, but the server gives no result id`, {
    kind: 'protocol',
    hint: 'Without it the answer can never be had; tell the provider.',
  })
}

/** When the server names no wait. */
const usualWaitMs = 30_000

async function wait(run: PollRun, status: Status): Promise<void> {
  const ms = Math.max(1000, estimatedWaitMs(status) ?? usualWaitMs)
  if (ms > run.waitLeftMs) throw statusError(status, whatOf(run))
  run.waitLeftMs -= ms
  const seconds = Math.ceil(ms / 1000)
  const message = `${run.link.settings.url.host} asks to wait ${seconds} s for "${printable(run.target.collection)}"`
  run.link.notices({ code: 'TAXII_WAIT', message })
  await run.link.clock.sleep(ms, run.signal)
}

/** A slab as a page; the last one of an answer gets its labels, stamp and position from `rest`. */
export function pageOf(run: PollRun, slab: Slab, rest: Partial<Page>, answer?: LastSlab['answer']): Page {
  return {
    items: slab.items,
    damaged: slab.damaged,
    digest: () => slab.digest,
    url: redactUrl(answer?.url ?? run.address ?? run.link.settings.url),
    peerFingerprint: answer?.peerFingerprint,
    serverDate: answer?.serverDate,
    partial: false,
    ...rest,
  }
}
