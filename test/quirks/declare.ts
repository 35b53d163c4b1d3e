import { it } from 'vitest'
import type { Row } from './row.ts'

/** One test for each row and version; `npm run quirks` reads number, version and title out of its name. */
export function declareRows(rows: readonly Row[]): void {
  for (const { number, title, versions, waits = false, run } of rows) {
    const declare = waits ? it.concurrent : it
    for (const version of versions) declare(`row ${number}, ${version}: a server ${title}`, () => run(version), 60_000)
  }
}
