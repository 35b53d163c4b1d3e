import type { ReadItem } from './index-reading.ts'

/** Loads what makes statements of items; late, because the grammar of patterns and the XML parser come with it. */
export async function loadItemReader(): Promise<ReadItem> {
  const { readStatements } = await import('../stix/read-statements.ts')
  return readStatements
}
