import { StixTaxiiError } from '../core/errors.ts'
import type { NoticeSink } from '../core/notice.ts'
import type { Clock } from '../core/ports.ts'
import { timestampOfDate } from '../core/timestamp.ts'
import { newPieceSum, type PieceCounts, type PieceSum } from './piece-sum.ts'
import type { RecordChange } from './records.ts'
import type { Store } from './store.ts'
import { copyRecord, type CopyMark, type StorePiece } from './store-piece.ts'

export interface CopyParts {
  readonly clock: Clock
  /** How long another copy into the same store is waited for. */
  readonly lockTimeoutMs: number
  /** Called with versions, some times a second at most. */
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
  readonly notices?: NoticeSink | undefined
}

export interface CopyProgress {
  readonly step: 'copying' | 'checking'
  readonly done: number
  readonly total: number
}

export interface CopyReport extends PieceCounts {
  /** SHA-256 over everything, found the same in both stores; hex. */
  readonly digest: string
  /** Whether an unfinished copy was removed first. */
  readonly restarted: boolean
}

/**
 * Copies all of one store into another that has nothing: versions with their `addedAt`, pages, runs, checkpoints, what
 * stands aside, records. What is copied is one moment's picture; fetching into `from` may go on, and is not in the copy.
 *
 * Until everything has arrived and was read back and found the same, `to` says that it is unfinished (`openStore` refuses
 * it), and the next copy into it begins again.
 *
 * @throws STORE_COPY_SAME (usage), STORE_NOT_EMPTY (conflict), STORE_SOURCE_LOCKED (conflict) while another copies into
 * it, STORE_COPY_DIFFERS (local).
 */
export async function copyStore(from: Store, to: Store, parts: CopyParts): Promise<CopyReport> {
  if (from === to || (from.url === to.url && to.features.persistent)) throw sameStore(from)
  const copy = { id: copyRecord.kind, name: 'store copy' }
  const lock = await to.lockSource(copy, { timeoutMs: parts.lockTimeoutMs, signal: parts.signal })
  try {
    return await copyLocked(from, to, parts)
  } finally {
    await lock[Symbol.asyncDispose]()
  }
}

async function copyLocked(from: Store, to: Store, parts: CopyParts): Promise<CopyReport> {
  const restarted = await makeEmpty(to, from, parts)
  const total = (await from.collections()).reduce((sum, { versions }) => sum + versions, 0)
  const given = newPieceSum()
  await to.fill(watched(from.pieces(), given, { ...parts, step: 'copying', total }))
  const taken = newPieceSum()
  const check = watched(to.pieces(), taken, { ...parts, step: 'checking', total })[Symbol.asyncIterator]()
  while (!(await check.next()).done);
  const differences = given.differences(taken)
  if (differences.length > 0) throw copyDiffers(to, differences)
  await to.records.write([{ ...copyRecord }])
  return { ...given.counts(), digest: given.digest(), restarted }
}

/** Marks the store as unfinished. Answers whether it was already, and was emptied. */
async function makeEmpty(to: Store, from: Store, { clock, notices }: CopyParts): Promise<boolean> {
  const found = await to.records.get(copyRecord.kind, copyRecord.id)
  const restarted = found !== undefined
  if (found) {
    const { startedAt } = found.body as CopyMark
    const message = `A copy begun at ${startedAt} has not ended; what it left in ${to.url} is removed, and it begins anew`
    notices?.({ code: 'STORE_COPY_RESTARTED', message })
    await to.clear()
  }
  if (!(await isEmpty(to))) throw notEmpty(to)
  const mark: RecordChange = {
    ...copyRecord,
    body: { from: from.url, startedAt: timestampOfDate(clock.now()) } satisfies CopyMark,
    revision: 0,
  }
  if (!(await to.records.write([mark]))) throw notEmpty(to)
  return restarted
}

async function isEmpty(store: Store): Promise<boolean> {
  const pieces = store.pieces()[Symbol.asyncIterator]()
  const first = await pieces.next()
  await pieces.return?.()
  return first.done === true
}

interface Watch extends Pick<CopyParts, 'onProgress' | 'signal'> {
  readonly step: CopyProgress['step']
  readonly total: number
}

async function* watched(
  pieces: AsyncIterable<StorePiece>,
  sum: PieceSum,
  { step, total, onProgress, signal }: Watch,
): AsyncIterable<StorePiece> {
  let done = 0
  for await (const piece of pieces) {
    signal?.throwIfAborted()
    sum.add(piece)
    yield piece
    if (piece.kind !== 'versions') continue
    done += piece.versions.length
    onProgress?.({ step, done, total: Math.max(total, done) })
  }
}

function sameStore({ url }: Store): StixTaxiiError {
  return new StixTaxiiError('STORE_COPY_SAME', `${url} cannot be copied into itself`, {
    kind: 'usage',
    hint: 'Name another store as TO.',
    context: { store: url },
  })
}

function notEmpty({ url }: Store): StixTaxiiError {
  return new StixTaxiiError('STORE_NOT_EMPTY', `There is something in the store ${url} already`, {
    kind: 'conflict',
    hint: 'A copy goes into a new store only. Name one that does not exist yet; nothing was changed.',
    context: { store: url },
  })
}

function copyDiffers({ url }: Store, differences: readonly string[]): StixTaxiiError {
  return new StixTaxiiError(
    'STORE_COPY_DIFFERS',
    `The copy in ${url} is not what was copied: ${differences.join(', ')}`,
    {
      kind: 'local',
      hint: 'Somebody wrote to it meanwhile, or a disk fails. Stop what uses it and copy again; it begins anew.',
      context: { store: url, differences },
    },
  )
}
