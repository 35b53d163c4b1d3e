import type { FetchResult } from './fetch.ts'

/**
 * Does the fetches of several sources, at most `parallel` at a time; rows come in the order given. A fetch that fails
 * leaves the others alone, since its failure is its row's.
 */
export async function fetchSources(
  fetches: readonly (() => Promise<readonly FetchResult[]>)[],
  parallel: number,
): Promise<readonly FetchResult[]> {
  const rows: (readonly FetchResult[])[] = []
  const waiting = fetches.entries()
  const worker = async (): Promise<void> => {
    for (const [index, fetch] of waiting) rows[index] = await fetch()
  }
  await Promise.all(Array.from({ length: Math.min(parallel, fetches.length) }, worker))
  return rows.flat()
}
