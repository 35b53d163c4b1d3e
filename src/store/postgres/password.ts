import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { StixTaxiiError } from '../../core/errors.ts'
import type { NoticeSink } from '../../core/notice.ts'
import { Secret } from '../../core/secret.ts'
import { whyOf } from '../../core/system-fault.ts'
import type { PostgresAddress } from './address.ts'

/** Where a password may be: the first that is given counts. */
export interface PasswordSettings {
  /** A file whose first line is the password. */
  readonly passwordFile?: string | undefined
  /** PostgreSQL's own file of passwords; default: `.pgpass` in the home folder. */
  readonly passFile?: string | undefined
  readonly notices?: NoticeSink | undefined
}

/**
 * The password for this address. Asked for only when the server wants one.
 * @throws STORE_PASSWORD_MISSING (auth); STORE_PASSWORD_FILE (config) when a file cannot be read.
 * @see PostgreSQL, "The Password File"
 */
export async function findPassword(address: PostgresAddress, settings: PasswordSettings): Promise<Secret> {
  if (settings.passwordFile !== undefined) {
    const first = /^[^\r\n]*/.exec((await readSecretFile(settings.passwordFile, settings)).toString('utf8'))?.[0] ?? ''
    if (first !== '') return new Secret(first)
    throw fileFault(settings.passwordFile, 'its first line is empty')
  }
  const passFile = settings.passFile ?? join(homedir(), '.pgpass')
  const isNamed = settings.passFile !== undefined
  const isThere = isNamed || (await stat(passFile).then(Boolean, () => false))
  const found = isThere ? passwordIn((await readSecretFile(passFile, settings)).toString('utf8'), address) : undefined
  if (found !== undefined) return new Secret(found)
  throw new StixTaxiiError('STORE_PASSWORD_MISSING', `${address.place} wants a password for "${address.user}"`, {
    kind: 'auth',
    hint: isThere
      ? `${passFile} has no line for it; add one, or name a file with --store-password-file.`
      : 'Name a file whose first line is the password with --store-password-file, or a PGPASSFILE.',
    context: { host: address.host, port: address.port, user: address.user },
  })
}

async function readSecretFile(file: string, { notices }: PasswordSettings): Promise<Buffer> {
  try {
    const { mode } = await stat(file)
    if ((mode & 0o077) !== 0) {
      notices?.({
        code: 'STORE_PASSWORD_LOOSE',
        message: `${file} can be read by others; make it yours alone with: chmod 600 ${file}`,
      })
    }
    return await readFile(file)
  } catch (cause) {
    throw fileFault(file, whyOf(cause), cause)
  }
}

function fileFault(file: string, reason: string, cause?: unknown): StixTaxiiError {
  return new StixTaxiiError('STORE_PASSWORD_FILE', `No password can be read from ${file}: ${reason}`, {
    kind: 'config',
    hint: 'Check --store-password-file, STIXTAXII_STORE_PASSWORD_FILE and PGPASSFILE.',
    context: { file },
    cause,
  })
}

/** The password of the first line that fits: host, port, database, user, password; `*` fits everything, `\` escapes. */
export function passwordIn(text: string, address: PostgresAddress): string | undefined {
  const isDefaultSocket = ['/var/run/postgresql', '/tmp'].includes(address.host)
  const wanted = [
    isDefaultSocket ? [address.host, 'localhost'] : [address.host],
    [String(address.port)],
    [address.database],
    [address.user],
  ]
  for (const line of text.split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue
    const fields = fieldsOf(line)
    if (fields.length !== 5) continue
    if (wanted.every((texts, place) => fields[place] === '*' || texts.includes(unescaped(fields[place] ?? '')))) {
      return unescaped(fields[4] ?? '')
    }
  }
  return undefined
}

/** What is behind the fourth colon is the password, colons and all. */
function fieldsOf(line: string): readonly string[] {
  const match = /^((?:\\.|[^\\:])*):((?:\\.|[^\\:])*):((?:\\.|[^\\:])*):((?:\\.|[^\\:])*):(.*)$/.exec(line)
  return match ? match.slice(1) : []
}

function unescaped(field: string): string {
  return field.replace(/\\(.)/g, '$1')
}
