import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { whyOf } from '../../core/system-fault.ts'
import { openStoreAuthentication } from '../../serve/auth/store-authentication.ts'
import { openStorePersistence } from '../../serve/persistence/open.ts'
import { planSync } from '../../serve/sync/plan.ts'
import { readServerData } from '../../serve/sync/read.ts'
import { defineCommand } from '../command.ts'
import { confirmOrStop } from '../confirm.ts'
import { plannedSync, runSync, writeSync } from '../sync-records.ts'

export const serverSync = defineCommand({
  path: 'server sync',
  summary: 'Make API roots, collections, services and accounts as a file says',
  details:
    'What is there already is changed where it differs; a second run changes nothing. What the file does not name is left ' +
    'alone, unless --prune: then it is deleted, with what is stored in it, in those sections that the file has. Passwords ' +
    'stand in files of their own. Nothing is changed when anything in the file is wrong.',
  examples: [
    'stixtaxii server sync -f server-data.yaml --dry-run',
    'stixtaxii server sync -f server-data.yaml -o json',
    'stixtaxii server sync -f server-data.yaml --prune --yes',
  ],
  input: z.object({
    file: z
      .string()
      .describe('what the server is to have (YAML)')
      .meta({ value: 'FILE', short: 'f', environment: false }),
    dryRun: z.boolean().default(false).describe('say what would be done, and do nothing'),
    prune: z.boolean().default(false).describe('delete what the file does not name').meta({ environment: false }),
  }),
  needs: ['options', 'store', 'clock', 'terminal', 'workingDirectory', 'credentials', 'output'],
  schema: 'server-sync',
  async run({ file, dryRun, prune }, parts) {
    const { clock, output, terminal, workingDirectory } = parts
    const path = resolve(workingDirectory, file)
    const { content, errorAt } = await readServerData(await textOf(path, file), file)
    const store = await parts.store()
    await using authentication = openStoreAuthentication({ store, clock })
    const persistence = openStorePersistence({ store, clock })
    const credentials = await parts.credentials()
    const readPassword = (name: string): Promise<Secret> =>
      credentials.resolve({ from: 'path', path: resolve(dirname(path), name) }, { what: 'the password' })
    const stored = await store.collections()
    const steps = await planSync(content, { persistence, authentication, stored, readPassword, errorAt }, prune)
    const deleted = steps.filter(({ action }) => action === 'delete')
    if (deleted.length > 0 && !dryRun) {
      for (const { kind, name } of deleted) terminal.note(`To be deleted: ${kind} ${name}`)
      await confirmOrStop(parts, `Delete ${deleted.length} that ${file} does not name, with what is stored in them?`)
    }
    await writeSync(output, dryRun ? plannedSync(steps) : await runSync(steps))
  },
})

async function textOf(path: string, file: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new StixTaxiiError('CLI_SERVER_DATA_UNREADABLE', `${file} cannot be read: ${whyOf(cause)}`, {
      kind: 'config',
      hint: 'Its keys are in docs/serve-extending.md.',
      context: { file },
      cause,
    })
  }
}
