import { createHash } from 'node:crypto'
import { z } from 'zod'
import { readInput } from './command-input.ts'
import { environmentName as variableOf, environmentSwitch } from './environment.ts'
import type { Environment } from './environment.ts'
import { inputFields } from './input-fields.ts'
import { environmentName } from '../profile/names.ts'
import type { SecretReference, TaxiiProfile } from '../profile/profile.ts'
import { mainField, withSecret } from '../profile/secret-fields.ts'
import { readSourceUrl } from '../profile/url.ts'
import type { Preset } from '../taxii/settings.ts'
import { blankSource, sourceFromFlags } from './source-definition.ts'
import type { SourceFlags } from './source-fields.ts'
import { accessFields, definitionFields } from './source-fields.ts'

// Not taken from the environment: they are about saving, or read another thing of ours.
const schema = z
  .object({ ...accessFields, ...definitionFields })
  .omit({ credentialStore: true, url: true, secretEnv: true, secretStdin: true })

/** Secrets that may stand in a variable itself, by field. */
const secretVariables: Readonly<Record<string, string>> = {
  password: 'STIXTAXII_PASSWORD',
  token: 'STIXTAXII_TOKEN',
  key: 'STIXTAXII_QUERY_KEY_VALUE',
  'client-secret': 'STIXTAXII_CLIENT_SECRET',
  'key-passphrase': 'STIXTAXII_KEY_PASSPHRASE',
  'proxy-password': 'STIXTAXII_PROXY_PASSWORD',
}

export interface EnvironmentSourceOptions {
  readonly workingDirectory: string
  readonly findPreset: (name: string) => Preset | undefined | Promise<Preset | undefined>
}

/**
 * The profile `environment`, made of `STIXTAXII_URL` and the variables named after the definition flags; undefined when
 * STIXTAXII_URL is not set. Secrets stay in their variables and are read when they are needed.
 *
 * Its id comes from the URL, so that checkpoints go on from run to run.
 * @throws CLI_FLAG_INVALID, PROFILE_* (usage)
 */
export async function sourceFromEnvironment(
  environment: Environment,
  options: EnvironmentSourceOptions,
): Promise<TaxiiProfile | undefined> {
  if (!environment.STIXTAXII_URL) return undefined
  const url = readSourceUrl('STIXTAXII_URL', environment.STIXTAXII_URL).href
  const flags = await readFlags(environment)
  const preset = flags.preset === undefined ? undefined : await options.findPreset(flags.preset)
  const main = mainVariable(environment)
  const base = blankSource(environmentName, url, stableId('environment', url))
  const auth = flags.auth ?? (environment.STIXTAXII_TOKEN ? 'bearer' : undefined)
  let profile = sourceFromFlags(
    base,
    { ...flags, auth },
    { ...options, preset, secret: main === undefined ? undefined : inVariable(main) },
  )
  for (const field of ['key-passphrase', 'proxy-password']) {
    const name = secretVariables[field] ?? ''
    if (environment[name]) profile = withSecret(profile, field, inVariable(name))
  }
  return withoutEmpty(profile)
}

/** A UUID that is the same each time for the same kind and text. */
export function stableId(kind: string, text: string): string {
  const hex = createHash('sha256').update(`stixtaxii:${kind}:${text}`).digest('hex')
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function mainVariable(environment: Environment): string | undefined {
  const fields = ['password', 'token', 'key', 'client-secret']
  return fields.map((field) => secretVariables[field] ?? '').find((name) => environment[name])
}

function inVariable(name: string): SecretReference {
  return { from: 'env', name }
}

async function readFlags(environment: Environment): Promise<Partial<SourceFlags>> {
  const typed: Record<string, unknown> = {}
  for (const field of inputFields({ input: schema })) {
    const name = variableOf(field.flag)
    const text = environment[name]
    if (text === undefined || (text === '' && field.key !== 'username')) continue
    if (field.type === 'boolean') typed[field.key] = environmentSwitch(name, environment)
    else if (field.type === 'number') typed[field.key] = /^\d+$/.test(text) ? Number(text) : text
    else typed[field.key] = field.repeatable ? text.split(',').map((part) => part.trim()) : text
  }
  return readInput({ input: schema, positional: [], path: 'help environment' }, typed)
}

/** Basic with neither name nor password is what an empty STIXTAXII_USERNAME alone would make. */
function withoutEmpty(profile: TaxiiProfile): TaxiiProfile {
  const { authentication } = profile
  const isEmpty =
    authentication.scheme === 'basic' && authentication.username === '' && !mainField(authentication)?.reference
  return isEmpty ? { ...profile, authentication: { scheme: 'none' } } : profile
}
