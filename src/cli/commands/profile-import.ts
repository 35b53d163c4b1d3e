import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { whyOf } from '../../core/system-fault.ts'
import { importProfiles } from '../../profile/import-profiles.ts'
import { readExchange } from '../../profile/exchange.ts'
import { credentialStoreNames } from '../../profile/profile.ts'
import { defineCommand } from '../command.ts'
import { tellPlaces } from '../keep-secrets.ts'

export const profileImport = defineCommand({
  path: 'profile import',
  summary: 'Read profiles that `profile export` wrote',
  details:
    'All or nothing: a name that is taken, or a fault in the file, imports none. A replaced profile keeps its id, and with it ' +
    'its checkpoints. A profile that runs a program for a secret is refused unless --allow-commands says it is trusted.',
  examples: [
    'stixtaxii profile import profiles.yaml',
    'stixtaxii profile import acme.json --rename acme=acme2',
    'stixtaxii profile import all.yaml --replace --credential-store keyring',
  ],
  positional: ['file'],
  input: z.object({
    file: z.string().describe('YAML or JSON; - for standard input'),
    replace: z.boolean().default(false).describe('replace profiles of the same name'),
    rename: z.array(z.string()).default([]).describe('import one under another name').meta({ value: 'OLD=NEW' }),
    allowCommands: z.boolean().default(false).describe('accept profiles that run a program for a secret'),
    credentialStore: z.enum(credentialStoreNames).optional().describe('where secrets in the file go'),
  }),
  needs: ['profiles', 'credentials', 'output', 'terminal', 'workingDirectory', 'stdin'],
  schema: 'profile-import',
  async run({ file, ...options }, parts) {
    const path = file === '-' ? 'standard input' : resolve(parts.workingDirectory, file)
    const bytes = file === '-' ? await buffer(parts.stdin) : await readImport(path)
    const exchange = await readExchange(bytes.toString('utf8'), path)
    const request = { ...options, rename: new Map(options.rename.map(readRename)) }
    const [profiles, credentials] = [await parts.profiles(), await parts.credentials()]
    const imported = await importProfiles(exchange, request, {
      profiles,
      credentials,
      onReady: (ready) => {
        for (const profile of ready) tellPlaces(profile, parts.terminal)
      },
    })
    const totals = { created: 0, replaced: 0 }
    for (const { action } of imported) totals[action] += 1
    const results = imported.map(({ profile, action, missing }) => {
      return { name: profile.name, kind: profile.kind, url: profile.url, action, missing }
    })
    await parts.output.results(results, totals, importShape)
    for (const { profile, missing } of imported) {
      for (const field of missing)
        parts.terminal.warn(`set it again: stixtaxii credential set ${profile.name} ${field}`)
    }
  },
})

const importShape = {
  columns: [
    { field: 'name', head: 'Name' },
    { field: 'kind', head: 'Kind' },
    { field: 'url', head: 'URL' },
    { field: 'action', head: 'Action' },
    { field: 'missing', head: 'Secrets missing' },
  ],
  name: 'name',
  empty: 'The file holds no profile',
} as const

function readRename(text: string): [string, string] {
  const [from, to, more] = text.split('=')
  if (from && to && more === undefined) return [from, to]
  throw new StixTaxiiError('PROFILE_FLAG_INVALID', `--rename "${text}" is not valid`, {
    kind: 'usage',
    hint: 'Write OLD=NEW.',
    context: { flag: '--rename' },
  })
}

async function readImport(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new StixTaxiiError('PROFILE_IMPORT_UNREADABLE', `${path} cannot be read: ${whyOf(error)}`, {
      kind: code === 'ENOENT' ? 'not-found' : 'local',
      hint: 'Name a file that `stixtaxii profile export` wrote, or - for standard input.',
      context: { path },
      cause: error,
    })
  }
}
