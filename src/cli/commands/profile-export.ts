import { resolve } from 'node:path'
import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { exchangeFormats, writeExchange } from '../../profile/exchange.ts'
import { environmentDirectorName, environmentName } from '../../profile/names.ts'
import { writeOwnFile } from '../../profile/own-files.ts'
import type { Credentials, Profile } from '../../profile/profile.ts'
import { secretFields } from '../../profile/secret-fields.ts'
import { defineCommand } from '../command.ts'

export const profileExport = defineCommand({
  path: 'profile export',
  summary: 'Write profiles as YAML or JSON, for another machine or a backup',
  details:
    'Secrets are left out; what is written says where they are. With --include-secrets those that are in files and in ' +
    'credential stores are written too, in clear, and only into a file that nobody else can read (0600).',
  examples: [
    'stixtaxii profile export > profiles.yaml',
    'stixtaxii profile export acme --format json --out acme.json',
    'stixtaxii profile export --include-secrets --out all.yaml',
  ],
  positional: ['names'],
  input: z.object({
    names: z
      .array(z.string())
      .default([])
      .describe('names of profiles; default: all that are saved')
      .meta({ value: 'name' }),
    format: z.enum(exchangeFormats).default('yaml').describe('how it is written'),
    out: z.string().optional().describe('file to write (0600) instead of standard output').meta({ value: 'FILE' }),
    includeSecrets: z.boolean().default(false).describe('write secrets too, in clear; needs --out'),
  }),
  needs: ['profiles', 'credentials', 'output', 'terminal', 'workingDirectory'],
  ownFormat: true,
  async run({ names, format, out, includeSecrets }, parts) {
    if (includeSecrets && out === undefined) throw needsFile()
    const store = await parts.profiles()
    const profiles =
      names.length > 0
        ? await Promise.all(names.map((name) => store.get(name)))
        : (await store.list()).filter(({ name }) => ![environmentName, environmentDirectorName].includes(name))
    const secrets = includeSecrets ? await secretsOf(profiles, await parts.credentials()) : new Map<string, never>()
    const text = await writeExchange({ profiles, secrets }, format)
    if (out === undefined) return parts.output.raw(text)
    const file = resolve(parts.workingDirectory, out)
    if (includeSecrets) parts.terminal.warn(`${file} will hold secrets in clear (mode 0600)`)
    await writeOwnFile(file, text)
    parts.terminal.note(`${profiles.length} profile(s) written to ${file}`)
  },
})

async function secretsOf(
  profiles: readonly Profile[],
  credentials: Credentials,
): Promise<Map<string, Map<string, Secret>>> {
  const found = new Map<string, Map<string, Secret>>()
  for (const profile of profiles) {
    const fields = new Map<string, Secret>()
    for (const { field, reference } of secretFields(profile)) {
      // Variables and helpers are places of their own choosing; what they hold is not ours to copy.
      if (!reference || reference.from === 'env' || reference.from === 'command') continue
      fields.set(field, await credentials.resolve(reference, { what: `the ${field}`, profile: profile.name }))
    }
    if (fields.size > 0) found.set(profile.name, fields)
  }
  return found
}

function needsFile(): StixTaxiiError {
  return new StixTaxiiError('PROFILE_EXPORT_OPEN', 'Secrets are not written to standard output', {
    kind: 'usage',
    hint: 'Name a file; it is made 0600: --include-secrets --out FILE',
  })
}
