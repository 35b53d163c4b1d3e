import { z } from 'zod'
import { copyStore } from '../../store/copy.ts'
import { defineCommand } from '../command.ts'

export const storeCopy = defineCommand({
  path: 'store copy',
  summary: 'Copy everything that is stored into a new store of another kind or place',
  details:
    'Versions move with the time they were added, so that those who poll your server go on where they were; so do pages and ' +
    'provenance, runs, checkpoints, what stands aside, and accounts. TO must have nothing in it. The copy is one moment of ' +
    'FROM, which may be in use. At the end the copy is read back and compared; until then it is refused as a store, and the ' +
    'next copy into it begins anew.',
  examples: [
    'stixtaxii store copy postgres://stix@db.example/stix --store-password-file db.txt',
    'stixtaxii store copy sqlite:store.sqlite postgres://stix@db.example/stix',
    'stixtaxii store copy postgres://stix@db.example/stix sqlite:laptop.sqlite -o json',
  ],
  positional: ['from', 'to'],
  input: z.object({
    from: z.string().min(1).describe('store to copy; with one argument only, the usual store is, into this one'),
    to: z.string().min(1).optional().describe('store to copy into; made if it is not there'),
  }),
  needs: ['openStoreAt', 'options', 'clock', 'output', 'progress', 'notices', 'signal'],
  schema: 'store-copy',
  async run(input, { openStoreAt, options, clock, output, progress, notices, signal }) {
    const [source, target] = input.to === undefined ? [undefined, input.from] : [input.from, input.to]
    const from = await openStoreAt(source, { create: false })
    const to = await openStoreAt(target, { unfinished: true })
    const task = progress.start('Copying')
    try {
      const verbs = { copying: 'copied', checking: 'read back' }
      const report = await copyStore(from, to, {
        ...{ clock, notices, signal, lockTimeoutMs: options.lockTimeoutMs },
        onProgress: ({ step, done, total }) => task.update(`${done} of ${total} versions ${verbs[step]}`),
      })
      task.done()
      await output.one({ from: from.url, to: to.url, ...report }, shape)
    } finally {
      task.done()
    }
  },
})

const shape = {
  columns: [
    { field: 'from', head: 'From' },
    { field: 'to', head: 'To' },
    { field: 'collections', head: 'Collections', align: 'right' },
    { field: 'versions', head: 'Versions', align: 'right' },
    { field: 'checkpoints', head: 'Checkpoints', align: 'right' },
    { field: 'records', head: 'Records', align: 'right' },
  ],
  name: 'to',
} as const
