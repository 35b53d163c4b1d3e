import type { ChangedCheckpoint } from '../fetch/checkpoints.ts'
import type { OutputWriter, Shape } from '../output/writer.ts'

const shape: Shape = {
  columns: [
    { field: 'source', head: 'Source' },
    { field: 'collection', head: 'Collection' },
    { field: 'before', head: 'Before' },
    { field: 'after', head: 'After' },
  ],
  name: 'collection',
}

/** Writes what became of the checkpoints of a source. */
export async function writeChangedCheckpoints(
  output: OutputWriter,
  source: string,
  changed: readonly ChangedCheckpoint[],
): Promise<void> {
  const moved = changed.filter(({ before, after }) => before !== after).length
  const records = changed.map((each) => ({ source, ...each }))
  await output.results(records, { collections: changed.length, moved }, shape)
}
