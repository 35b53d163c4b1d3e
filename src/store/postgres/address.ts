import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { StixTaxiiError } from '../../core/errors.ts'
import { nearestName } from '../../core/nearest-name.ts'
import { redactUrl } from '../../core/redact.ts'

/** Where a store in PostgreSQL is, and how it is reached: what its URL says. */
export interface PostgresAddress {
  /** Name, address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  /** The schema that holds our tables. */
  readonly schema: string
  readonly tls: TlsWanted | undefined
  /** The URL as it may be shown. */
  readonly url: string
  /** Host and port, or the socket, for messages. */
  readonly place: string
}

export interface TlsWanted {
  readonly mode: 'require' | 'verify-ca' | 'verify-full'
  /** Files in PEM. */
  readonly rootFile?: string | undefined
  readonly certificateFile?: string | undefined
  readonly keyFile?: string | undefined
}

const parameters = ['host', 'port', 'user', 'dbname', 'schema', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey']
const modes = ['disable', 'require', 'verify-ca', 'verify-full'] as const

/**
 * Reads `postgres://USER@HOST:PORT/DATABASE?sslmode=...`. Without a mode: none for sockets and loopback, `verify-full`
 * elsewhere. `schema` is ours; the other parameters are those of libpq.
 *
 * @throws STORE_URL_PASSWORD (usage) for a password in it; STORE_URL_INVALID (usage).
 */
export function readAddress(text: string): PostgresAddress {
  const url = parsed(text)
  const asked = url.searchParams
  if (url.password !== '' || asked.has('password') || asked.has('sslpassword')) throw passwordInUrl(text)
  for (const name of asked.keys()) if (!parameters.includes(name)) throw unknownParameter(name)
  const host = asked.get('host') ?? (decoded(url.hostname.replace(/^\[|\]$/g, ''), text) || '/var/run/postgresql')
  const port = Number(asked.get('port') ?? (url.port || '5432'))
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalid(`the port "${asked.get('port')}" is none`)
  const user = asked.get('user') ?? (decoded(url.username, text) || ownName())
  const database = asked.get('dbname') ?? (decoded(url.pathname.slice(1), text) || user)
  const schema = asked.get('schema') ?? 'stixtaxii'
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema) || schema.startsWith('pg_')) {
    throw invalid(`the schema "${schema}" is no plain name of small letters, digits and _`)
  }
  const place = host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  const tls = tlsOf(asked, host)
  return { host, port, user, database, schema, tls, place, url: shownUrl(text) }
}

/** As libpq does without a user. In some containers a user has a number and no name. */
function ownName(): string {
  try {
    return userInfo().username
  } catch {
    throw invalid('it names no user, and the user of this process has no name')
  }
}

function parsed(text: string): URL {
  try {
    return new URL(text.replace(/^postgresql:/i, 'postgres:'))
  } catch {
    throw invalid('it is no URL')
  }
}

function decoded(part: string, text: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw invalid(`"${redactUrl(text)}" has a % that begins no character`)
  }
}

/** The user is no secret here: who reads of a fault has to know whose. */
function shownUrl(text: string): string {
  const url = parsed(text)
  url.password = ''
  return url.href
}

function tlsOf(asked: URLSearchParams, host: string): TlsWanted | undefined {
  const mode = asked.get('sslmode') ?? (isNear(host) ? 'disable' : 'verify-full')
  const known = modes.find((one) => one === mode)
  if (known === undefined) {
    throw invalid(`sslmode "${mode}" is none of ${modes.join(', ')}`)
  }
  if (known === 'disable') return undefined
  const rootFile = asked.get('sslrootcert') ?? undefined
  return {
    // As libpq has it: who names an authority wants it checked.
    mode: known === 'require' && rootFile !== undefined ? 'verify-ca' : known,
    ...(rootFile !== 'system' && { rootFile }),
    certificateFile: asked.get('sslcert') ?? undefined,
    keyFile: asked.get('sslkey') ?? undefined,
  }
}

function isNear(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\./.test(host)
}

/** What `node:tls` is told. @throws STORE_TLS_FILE (config) when a file cannot be read. */
export async function tlsOptions(tls: TlsWanted): Promise<ConnectionOptions> {
  const [ca, cert, key] = await Promise.all([tls.rootFile, tls.certificateFile, tls.keyFile].map(readPem))
  return {
    rejectUnauthorized: tls.mode !== 'require',
    minVersion: 'TLSv1.2',
    ...(tls.mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
  }
}

async function readPem(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined
  try {
    return await readFile(file)
  } catch (cause) {
    throw new StixTaxiiError('STORE_TLS_FILE', `${file} cannot be read: ${(cause as Error).message}`, {
      kind: 'config',
      hint: 'Check sslrootcert, sslcert and sslkey in the URL of the store.',
      context: { file },
      cause,
    })
  }
}

function passwordInUrl(text: string): StixTaxiiError {
  return new StixTaxiiError('STORE_URL_PASSWORD', 'The URL of the store has a password in it', {
    kind: 'usage',
    hint: 'Others see it in the list of processes. Take it out and name a file with --store-password-file, or use PGPASSFILE.',
    context: { url: redactUrl(text) },
  })
}

function unknownParameter(name: string): StixTaxiiError {
  const nearest = nearestName(name, parameters)
  const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`
  return invalid(`the parameter "${name}" is not known${meant}`)
}

function invalid(reason: string): StixTaxiiError {
  return new StixTaxiiError('STORE_URL_INVALID', `The URL of the store is not valid: ${reason}`, {
    kind: 'usage',
    hint: 'Write postgres://USER@HOST:PORT/DATABASE, with ?sslmode=verify-full&sslrootcert=FILE where TLS needs them.',
  })
}
