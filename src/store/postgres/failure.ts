import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'
import { SqlError } from '../sqlite/binding.ts'
import type { PostgresAddress } from './address.ts'
import { PostgresError, postgresError } from './connection.ts'

// SQLSTATEs, from PostgreSQL's documentation, Appendix A.
const serializationFailure = '40001'
const deadlock = '40P01'

/** Whether the same again may go well: the server undid it for another's sake, or the session was lost. */
export function isTransient(error: unknown): boolean {
  return (
    error instanceof PostgresError && (error.isLost || error.state === serializationFailure || error.state === deadlock)
  )
}

/** Whether no server answered: it may be starting again. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof StixTaxiiError && error.code === 'STORE_UNREACHABLE'
}

/** The connection was lost during COMMIT, and the server did not come back to say what became of it. */
export function commitUnknown(address: PostgresAddress, cause: unknown): StixTaxiiError {
  return new StixTaxiiError('STORE_COMMIT_UNKNOWN', `${address.place} was lost while it was storing, and is not back`, {
    kind: 'pending',
    hint: 'It has stored all of this or nothing. Run it again when the server is back: what is there is not stored twice.',
    context: { host: address.host, port: address.port },
    cause,
  })
}

/** What a failure of PostgreSQL means for the user; every other error is given back as it is. */
export function storeFailure(error: unknown, address: PostgresAddress): unknown {
  if (error instanceof SqlError) return storeCorrupt(address, error.message, error)
  if (!(error instanceof PostgresError)) return error
  const { state = '' } = error
  const [message, context] = [said(error), contextOf(error, address)]
  if (error.isLost) return lost(error, address)
  switch (state) {
    case '53100': // disk_full
      return full(address, error)
    case '53200': // out_of_memory
    case '57014': // query_canceled
      return new StixTaxiiError('STORE_STOPPED', `${address.place} stopped a statement: ${message}`, {
        kind: 'network',
        hint: 'Run it again; where the server sets statement_timeout for this role, set it higher.',
        context,
        cause: error,
      })
    case '55P03': // lock_not_available
    case serializationFailure:
    case deadlock:
      return new StixTaxiiError('STORE_BUSY', `Another process keeps the store at ${address.place} locked`, {
        kind: 'conflict',
        hint: 'Wait until the other process has written, then run this again.',
        context,
        cause: error,
      })
    case '42501': // insufficient_privilege
      return new StixTaxiiError('STORE_UNREADABLE', `The store at ${address.place} cannot be used: ${message}`, {
        kind: 'local',
        hint: `The schema ${address.schema} has to belong to the role "${address.user}": docs/postgres.md says how.`,
        context,
        cause: error,
      })
    case '25006': // read_only_sql_transaction
      return new StixTaxiiError('STORE_UNREADABLE', `The database at ${address.place} takes no writes: ${message}`, {
        kind: 'network',
        hint: 'It may be a standby. Name the primary server in the URL of the store.',
        context,
        cause: error,
      })
    case 'XX001': // data_corrupted
    case 'XX002': // index_corrupted
      return storeCorrupt(address, message, error)
  }
  // PostgreSQL names a full disk by the failed write only: 58030 io_error with the system's words.
  if (state === '58030' && /No space left on device|Disk quota exceeded/.test(error.message))
    return full(address, error)
  return new StixTaxiiError('STORE_FAILED', `The store at ${address.place} failed: ${message}`, {
    kind: 'local',
    hint: "See the server's log, then look at the store with: stixtaxii store verify",
    context,
    cause: error,
  })
}

/** Why no session could be had. */
export function connectFailure(cause: unknown, address: PostgresAddress): unknown {
  const error = postgresError(cause)
  if (!(error instanceof PostgresError)) return error
  const { place, user, database } = address
  const [message, context] = [said(error), contextOf(error, address)]
  switch (error.state) {
    case '28P01': // invalid_password
    case '28000': // invalid_authorization_specification
      return new StixTaxiiError('STORE_AUTH', `${place} does not let "${user}" in: ${message}`, {
        kind: 'auth',
        hint: 'Check the user in the URL and the password in PGPASSFILE or the file of --store-password-file.',
        context,
        cause: error,
      })
    case '3D000': // invalid_catalog_name
      return new StixTaxiiError('STORE_MISSING', `There is no database "${database}" at ${place}`, {
        kind: 'not-found',
        hint: `Make it with: createdb --host HOST --owner ${user} ${database}`,
        context,
        cause: error,
      })
    case '53300': // too_many_connections
      return poolExhausted(address, error)
  }
  const { code } = (error.cause ?? {}) as { readonly code?: unknown }
  if (typeof code === 'string' && isAboutIdentity(code)) {
    return new StixTaxiiError('STORE_TLS_REFUSED', `The certificate of ${place} is not accepted: ${message}`, {
      kind: 'refused',
      hint: "Name its authority with sslrootcert=FILE in the store's URL, and the name that is in the certificate as its host.",
      context: { ...context, tls: code },
      cause: error,
    })
  }
  // The package has no code for it.
  if (error.message === 'The server does not support SSL connections') {
    return new StixTaxiiError('STORE_TLS_REFUSED', `${place} does not offer TLS`, {
      kind: 'refused',
      hint: 'Switch TLS on at the server (ssl = on). Only where nobody else can listen: ?sslmode=disable in the URL.',
      context,
      cause: error,
    })
  }
  if (error.state !== undefined && !error.isLost) return storeFailure(error, address)
  return new StixTaxiiError('STORE_UNREACHABLE', `No connection to PostgreSQL at ${place}: ${message}`, {
    kind: 'network',
    hint: `Check that the server runs and that ${place} can be reached from here.`,
    context,
    cause: error,
  })
}

function isAboutIdentity(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|ERR_TLS|HOSTNAME_MISMATCH/.test(code)
}

/** Neither we nor the server have another session to give. */
export function poolExhausted(address: PostgresAddress, cause: unknown): StixTaxiiError {
  return new StixTaxiiError('STORE_SESSIONS_USED', `No session of PostgreSQL at ${address.place} was free`, {
    kind: 'network',
    hint: 'Try again; if it stays so, raise max_connections of the server or run fewer processes.',
    context: { host: address.host, port: address.port },
    cause,
  })
}

function lost(error: PostgresError, address: PostgresAddress): StixTaxiiError {
  return new StixTaxiiError('STORE_LOST', `The connection to the store at ${address.place} was lost: ${said(error)}`, {
    kind: 'network',
    hint: 'What was not committed is undone and the checkpoint is where it was. Run this again.',
    context: contextOf(error, address),
    cause: error,
  })
}

function full(address: PostgresAddress, cause: PostgresError): StixTaxiiError {
  return new StixTaxiiError('STORE_FULL', `No room to write to the store at ${address.place}: ${said(cause)}`, {
    kind: 'local',
    hint: 'Nothing of this page was kept and the checkpoint is where it was. Make room on the server, then run this again.',
    context: contextOf(cause, address),
    cause,
  })
}

/** What is in the tables is not what was written. */
export function storeCorrupt(address: PostgresAddress, reason: string, cause?: unknown): StixTaxiiError {
  return new StixTaxiiError('STORE_CORRUPT', `The store at ${address.place} is damaged: ${reason}`, {
    kind: 'local',
    hint: 'See what is broken with: stixtaxii store verify. Then go back to a copy, or fetch into a new store.',
    context: { host: address.host, port: address.port },
    cause,
  })
}

function said(error: PostgresError): string {
  return printable(error.message, { maxLength: 300 })
}

function contextOf({ state }: PostgresError, { host, port, database }: PostgresAddress) {
  return { host, port, database, ...(state !== undefined && { sqlstate: state }) }
}
