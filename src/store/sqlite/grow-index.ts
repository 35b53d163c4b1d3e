import type { Connection } from './binding.ts'
import type { IndexGrowth } from '../growth.ts'

/** Adds to a collection's counts what its index gained, or lost. */
export function growIndex(
  connection: Connection,
  collection: number,
  { statements, unusable }: Pick<IndexGrowth, 'statements' | 'unusable'>,
): void {
  if (statements === 0 && unusable === 0) return
  connection.run('UPDATE collection SET statements = statements + ?, unusable = unusable + ? WHERE number = ?', [
    statements,
    unusable,
    collection,
  ])
}
