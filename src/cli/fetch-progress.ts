import type { FetchProgress } from '../fetch/fetch.ts'
import { nameOfRow } from '../fetch/outcome.ts'
import type { Progress, ProgressTask } from './progress.ts'

/** Shows a fetch while it runs: one line for each collection that is being read. */
export function showFetching(progress: Progress): { onProgress: (now: FetchProgress) => void; end: () => void } {
  const tasks = new Map<string, ProgressTask>()
  return {
    onProgress(now) {
      const name = nameOfRow(now)
      let task = tasks.get(now.source)
      if (!task) tasks.set(now.source, (task = progress.start(name)))
      const { received, new: added, updated } = now.counts
      // The figures first: a line is cut at the terminal's edge, and identifiers of collections are long.
      task.update(`${received} received, ${added} new, ${updated} updated: ${name}`)
    },
    end() {
      for (const task of tasks.values()) task.done()
    },
  }
}
