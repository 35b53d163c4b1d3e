import { stat } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { defineCommand } from '../command.ts'

export const storeBackup = defineCommand({
  path: 'store backup',
  summary: 'Copy the store into a new file while it is in use',
  details:
    'The copy is consistent, readable by this user only, and a store like any other. A file that exists is not overwritten.',
  examples: ['stixtaxii store backup stixtaxii-2026-01-02.db', 'stixtaxii --store copy.db store verify'],
  positional: ['file'],
  input: z.object({ file: z.string().min(1).describe('file to make') }),
  needs: ['store', 'output', 'workingDirectory'],
  readsStore: true,
  schema: 'store-backup',
  async run({ file }, parts) {
    const store = await parts.store()
    const target = path.resolve(parts.workingDirectory, file)
    await store.backup(target)
    const { size } = await stat(target)
    await parts.output.one({ store: store.url, file: target, sizeBytes: size }, shape)
  },
})

const shape = {
  columns: [
    { field: 'store', head: 'Store' },
    { field: 'file', head: 'Copy' },
    { field: 'sizeBytes', head: 'Bytes', align: 'right' },
  ],
  name: 'file',
} as const
