import { StixTaxiiError } from '../core/errors.ts'
import type { Indicator } from '../indicators/indicator.ts'
import { buildIndex, type IndexSink } from './build-index.ts'
import { openIndex, type MatchIndex } from './open-index.ts'

export interface PrepareOptions {
  readonly file: string
  /** Digest of the store's state and the rules: an index of another state is built anew. */
  readonly state: string
  readonly now: Date
  readonly rebuild?: boolean | undefined
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
 */
export async function prepareIndex(options: PrepareOptions): Promise<PreparedIndex> {
  const { file, state, now, timeless, onProgress, signal } = options
  const there = options.rebuild ? 'asked' : reuse(options)
  if (typeof there !== 'string') return { index: there }
  const sink = await options.openSink(file)
  await buildIndex(options.indicators(), sink, { state, now, timeless, onProgress, signal })
  return { index: openIndex(file), built: there }
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
