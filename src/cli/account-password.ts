import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { z } from 'zod'
import { StixTaxiiError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { Runtime } from './runtime.ts'
import { readSecretLine } from './source-flags.ts'

/** Where a new password comes from. Not from the environment: what is set there is that of a source. */
export const passwordFields = {
  passwordFile: z
    .string()
    .optional()
    .describe('file whose first line is the password')
    .meta({ value: 'FILE', environment: false }),
  passwordStdin: z
    .boolean()
    .default(false)
    .describe('read the password from standard input')
    .meta({ environment: false }),
  generatePassword: z
    .boolean()
    .default(false)
    .describe('make a password, and show it once')
    .meta({ environment: false }),
}

export interface PasswordFlags {
  readonly passwordFile?: string | undefined
  readonly passwordStdin: boolean
  readonly generatePassword: boolean
}

export interface NewPassword {
  readonly password: Secret
  /** To be shown, since nobody else knows it. */
  readonly generated?: string | undefined
}

const shortest = 8

/**
 * The password that was piped, is in a file, or is generated; asked for twice on a terminal otherwise.
 * @throws CLI_PASSWORD_TWICE, CLI_PASSWORD_SHORT, CLI_CANNOT_ASK (usage), PROFILE_SECRET_MISSING (auth)
 */
export async function readNewPassword(
  flags: PasswordFlags,
  parts: Pick<Runtime, 'terminal' | 'stdin' | 'workingDirectory' | 'credentials'>,
): Promise<NewPassword> {
  const given = [flags.passwordFile !== undefined, flags.passwordStdin, flags.generatePassword].filter(Boolean)
  if (given.length > 1) {
    throw new StixTaxiiError(
      'CLI_PASSWORD_TWICE',
      '--password-file, --password-stdin and --generate-password each say what the password is',
      { kind: 'usage', hint: 'Give one.' },
    )
  }
  if (flags.generatePassword) {
    const generated = randomBytes(18).toString('base64url')
    return { password: new Secret(generated), generated }
  }
  return { password: longEnough(await typedPassword(flags, parts)) }
}

function longEnough(password: Secret): Secret {
  if (Secret.open(password).length >= shortest) return password
  throw new StixTaxiiError('CLI_PASSWORD_SHORT', `The password has ${Secret.open(password).length} characters`, {
    kind: 'usage',
    hint: `Take at least ${shortest}, better 15; or --generate-password.`,
    context: { shortest },
  })
}

async function typedPassword(
  { passwordFile, passwordStdin }: PasswordFlags,
  parts: Pick<Runtime, 'terminal' | 'stdin' | 'workingDirectory' | 'credentials'>,
): Promise<Secret> {
  if (passwordStdin) return new Secret(await readSecretLine(parts.stdin))
  if (passwordFile !== undefined) {
    const path = resolve(parts.workingDirectory, passwordFile)
    return (await parts.credentials()).resolve({ from: 'path', path }, { what: 'the password' })
  }
  const { terminal } = parts
  if (!terminal.canAsk) {
    throw new StixTaxiiError('CLI_CANNOT_ASK', 'Nobody can be asked for the password', {
      kind: 'usage',
      hint: 'Give --password-file FILE, --password-stdin or --generate-password.',
    })
  }
  for (let message = 'Password'; ; message = 'They differ. Password') {
    const typed = longEnough(await terminal.askSecret({ message }))
    if (Secret.same(typed, await terminal.askSecret({ message: 'The same password again' }))) return typed
  }
}
