import { closeSync, openSync, readSync } from 'node:fs'
import { StixTaxiiError } from '../core/errors.ts'
import type { Indicator } from '../indicators/indicator.ts'
import { buildIndex, type IndexSink } from './build-index.ts'
import { headBytes, indexHead } from './index-layout.ts'
import { openIndex, type MatchIndex } from './open-index.ts'

export interface PrepareOptions {
  readonly file: string
  /** Digest of the store's state and the rules: an index of another state is built anew. */
  readonly state: string
  readonly now: Date
  readonly rebuild?: boolean | undefined
  /** The user has chosen the file: what is no index there is not replaced. */
  readonly isNamed?: boolean | undefined
  /** Validity is not looked at: what has expired counts too. */
  readonly timeless?: boolean | undefined
  readonly indicators: () => AsyncIterable<Indicator>
  readonly openSink: (file: string) => Promise<IndexSink>
  readonly onProgress?: ((indicators: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Why the index was built. */
export type BuildReason = 'asked' | 'missing' | 'damaged' | 'changed' | 'old'

export interface PreparedIndex {
  readonly index: MatchIndex
  /** Undefined: the one that was there is used. */
  readonly built?: BuildReason | undefined
}

/** Ages and validity are judged when an index is built; after this it is built anew though nothing was fetched. */
const maxAgeMs = 24 * 3_600_000

/**
 * Opens the index, built anew where that is needed. The old one stays until the new one is whole; processes that have it
 * open keep it.
 * @throws ENRICH_INDEX_FOREIGN (conflict) when a named file is something else: it may be the log.
 */
export async function prepareIndex(options: PrepareOptions): Promise<PreparedIndex> {
  const { file, state, now, timeless, onProgress, signal } = options
  if (options.isNamed) refuseForeign(file)
  const there = options.rebuild ? 'asked' : reuse(options)
  if (typeof there !== 'string') return { index: there }
  const sink = await options.openSink(file)
  await buildIndex(options.indicators(), sink, { state, now, timeless, onProgress, signal })
  return { index: openIndex(file), built: there }
}

function refuseForeign(file: string): void {
  if (!isForeign(file)) return
  throw new StixTaxiiError('ENRICH_INDEX_FOREIGN', `${file} is no index of this program, and would be overwritten`, {
    kind: 'conflict',
    hint: 'Name another file with --index, or remove this one if it is not needed.',
    context: { file },
  })
}

// Whether something is in a file that is no index, not even a damaged one.
function isForeign(file: string): boolean {
  let handle: number
  try {
    handle = openSync(file, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
  try {
    const head = Buffer.alloc(headBytes)
    const there = readSync(handle, head, 0, headBytes, 0)
    return !head.subarray(0, there).equals(indexHead.subarray(0, there))
  } finally {
    closeSync(handle)
  }
}

function reuse({ file, state, now }: PrepareOptions): MatchIndex | BuildReason {
  let index: MatchIndex
  try {
    index = openIndex(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'missing'
    if (error instanceof StixTaxiiError && error.code === 'ENRICH_INDEX_DAMAGED') return 'damaged'
    throw error
  }
  const age = now.getTime() - Date.parse(index.tail.builtAt)
  const reason = index.tail.state !== state ? 'changed' : age > maxAgeMs || age < 0 ? 'old' : undefined
  if (reason === undefined) return index
  index.close()
  return reason
}
