import type { FetchDependencies, FetchOne, FetchRequest, FetchResult, FetchSource } from './fetch.ts'

/**
 * Fetches several sources, at most `parallel` at a time; rows come in the order of the sources. One that fails leaves the
 * others alone. After the signal, sources that were not begun are rows with status `cancelled`.
 */
export async function fetchSources(
  fetchOne: FetchOne,
  sources: readonly FetchSource[],
  options: {
    request: FetchRequest
    dependencies: FetchDependencies
    signal: AbortSignal
    parallel: number
    /** Told when a source has ended, also a failed one; the place to close its connection. */
    onEnd?: ((source: FetchSource) => Promise<void>) | undefined
  },
): Promise<readonly FetchResult[]> {
  const rows: (readonly FetchResult[])[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < sources.length; index = next++) {
      const source = sources[index] as FetchSource
      try {
        rows[index] = await fetchOne(source, options.request, options.dependencies, options.signal)
      } finally {
        await options.onEnd?.(source)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(options.parallel, sources.length) }, worker))
  return rows.flat()
}
