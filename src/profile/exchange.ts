import { z } from 'zod'
import { StixTaxiiError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { Profile } from './profile.ts'
import type { TextPosition } from './json-fault.ts'
import { parseWritten } from './written-file.ts'
import { profileSchema } from './schema.ts'

/** Secrets by profile's name and field. */
export type ExchangedSecrets = ReadonlyMap<string, ReadonlyMap<string, Secret>>

/** What `profile export` writes and `profile import` reads. */
export interface Exchange {
  readonly profiles: readonly Profile[]
  readonly secrets: ExchangedSecrets
}

export const exchangeFormats = ['yaml', 'json'] as const
export type ExchangeFormat = (typeof exchangeFormats)[number]

const schema = z.strictObject({
  stixtaxii: z.literal(1, 'must be 1, the format of this program'),
  profiles: z.array(profileSchema),
  secrets: z.record(z.string(), z.record(z.string(), z.string())).optional(),
})

/** Writes profiles as text. Secrets, where there are any, stand in it in clear: the caller sees to the file's mode. */
export async function writeExchange({ profiles, secrets }: Exchange, format: ExchangeFormat): Promise<string> {
  const document = { stixtaxii: 1, profiles, ...(secrets.size > 0 ? { secrets: clear(secrets) } : {}) }
  const plain: unknown = JSON.parse(JSON.stringify(document))
  if (format === 'json') return `${JSON.stringify(plain, undefined, 2)}\n`
  const { stringify } = await import('yaml')
  return stringify(plain)
}

/**
 * Reads what `writeExchange` wrote, or someone by hand. `file` is for messages.
 * @throws PROFILE_IMPORT_INVALID (config) with line and column; the text is not quoted, as it may hold secrets.
 */
export async function readExchange(text: string, file: string): Promise<Exchange> {
  const invalidAt = (at: TextPosition, what: string) => invalid(file, at, what)
  const read = await parseWritten(text, { schema, scalars: 'core', invalid: invalidAt })
  const secrets = Object.entries(read.secrets ?? {}).map(([name, fields]) => {
    return [name, new Map(Object.entries(fields).map(([field, secret]) => [field, new Secret(secret)]))] as const
  })
  return { profiles: read.profiles, secrets: new Map(secrets) }
}

function clear(secrets: ExchangedSecrets): Record<string, Record<string, string>> {
  const opened = [...secrets].map(([name, fields]) => {
    return [name, Object.fromEntries([...fields].map(([field, secret]) => [field, Secret.open(secret)]))] as const
  })
  return Object.fromEntries(opened)
}

function invalid(file: string, { line, column }: { line: number; column: number }, what: string): StixTaxiiError {
  return new StixTaxiiError('PROFILE_IMPORT_INVALID', `${file}:${line}:${column}: ${what}`, {
    kind: 'config',
    hint: 'Nothing was imported. `stixtaxii profile export` shows what such a file looks like.',
    context: { file, line, column },
  })
}
