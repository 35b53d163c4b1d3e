import { resolve } from 'node:path'
import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { secretOf } from '../../profile/credentials/credentials.ts'
import { splitCommand } from '../../profile/credentials/helper.ts'
import { credentialStoreNames } from '../../profile/profile.ts'
import type { Profile, SecretReference, StoredReference } from '../../profile/profile.ts'
import { entryName, isStored, withSecret } from '../../profile/secret-fields.ts'
import { askSecretPlace } from '../authentication-wizard.ts'
import { defineCommand } from '../command.ts'
import { credentialRow, credentialShape, wantedField } from '../credential-records.ts'
import type { Runtime } from '../runtime.ts'
import { saveConfigured } from '../save-source.ts'
import { readSecretLine } from '../source-flags.ts'

const input = z.object({
  name: z.string().describe('name of a profile'),
  field: z.string().optional().describe('which secret, as `credential list` calls it; default: that of its login'),
  file: z.string().optional().describe('file whose first line is the secret').meta({ value: 'FILE' }),
  env: z.string().optional().describe('variable that holds the secret').meta({ value: 'NAME' }),
  command: z
    .string()
    .optional()
    .describe('program whose first line of output is the secret')
    .meta({ value: 'COMMAND' }),
  stdin: z.boolean().default(false).describe('read the secret from standard input'),
  credentialStore: z.enum(credentialStoreNames).optional().describe('copy the secret there'),
})

type Parts = Pick<Runtime, 'terminal' | 'credentials' | 'workingDirectory' | 'stdin'>

export const credentialSet = defineCommand({
  path: 'credential set',
  summary: 'Set a secret of a profile: typed, from a file, from standard input; never as an argument',
  details:
    'Without a flag the secret is asked for on the terminal. --file, --env and --command are remembered as places; ' +
    'with --credential-store the secret itself is copied there.',
  examples: [
    'stixtaxii credential set acme',
    'stixtaxii credential set acme password --file pw.txt',
    'pass show acme | stixtaxii credential set acme --stdin --credential-store keyring',
    "stixtaxii credential set acme --command 'pass show acme'",
  ],
  positional: ['name', 'field'],
  input,
  needs: [
    'options',
    'terminal',
    'environment',
    'workingDirectory',
    'stdin',
    'signal',
    'profiles',
    'credentials',
    'connect',
    'output',
  ],
  schema: 'credential',
  async run(flags, parts) {
    const former = await (await parts.profiles()).get(flags.name)
    const { field, reference } = wantedField(former, flags.field)
    const place = await placeFromFlags(former, field, reference, flags, parts)
    const profile = withSecret(former, field, place)
    await saveConfigured({ profile, former, tried: undefined }, parts)
    await parts.output.one(credentialRow(profile, field, place), credentialShape)
  },
})

async function placeFromFlags(
  profile: Profile,
  field: string,
  present: SecretReference | undefined,
  flags: z.infer<typeof input>,
  parts: Parts,
): Promise<SecretReference> {
  const given = [flags.file, flags.env, flags.command, flags.stdin || undefined].filter((one) => one !== undefined)
  if (given.length > 1) throw wrong('--file, --env, --command and --stdin each say where the secret is', 'Give one.')
  if (given.length === 0 && flags.credentialStore === undefined) return askSecretPlace(profile, field, present, parts)
  const named = namedPlace(flags, parts.workingDirectory)
  const store = flags.credentialStore ?? (isStored(present) ? present.from : undefined)
  if (named && flags.credentialStore === undefined) return named
  if (store === undefined)
    throw wrong('--stdin does not say where to keep the secret', 'Add --credential-store keyring, sealed or file.')
  const kept: StoredReference = { from: store, entry: entryName(profile, field) }
  const credentials = await parts.credentials()
  const purpose = { what: `the ${field}`, profile: profile.name }
  if (named) credentials.stage(kept, await credentials.resolve(named, purpose))
  else if (flags.stdin) credentials.stage(kept, secretOf(await readSecretLine(parts.stdin), purpose))
  else {
    await credentials.open(store)
    const typed = await parts.terminal.askSecret({ message: field.charAt(0).toUpperCase() + field.slice(1) })
    credentials.stage(kept, secretOf(Secret.open(typed), purpose))
  }
  return kept
}

function namedPlace(flags: z.infer<typeof input>, workingDirectory: string): SecretReference | undefined {
  if (flags.file !== undefined) return { from: 'path', path: resolve(workingDirectory, flags.file) }
  if (flags.env !== undefined) return { from: 'env', name: flags.env }
  if (flags.command !== undefined) return { from: 'command', command: splitCommand(flags.command) }
  return undefined
}

function wrong(message: string, hint: string): StixTaxiiError {
  return new StixTaxiiError('PROFILE_FLAG_INVALID', message, { kind: 'usage', hint })
}
