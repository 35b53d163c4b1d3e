/** What the preload is told, as JSON in this variable of the environment. */
export const planVariable = 'TORTURE_PLAN'

/** One fallible call of a command: what is called on what, and which of the calls alike it is, from 1. */
export interface Point {
  readonly call: string
  readonly nth: number
}

/** Counts the fallible calls of a run, or fails one of them. */
export interface Plan {
  /** Calls count when they are about something below it. */
  readonly root: string
  /** Where the calls are written, a line each, or what was failed. */
  readonly trace: string
  readonly fail?: (Point & { readonly how: string }) | undefined
  /** A file that stands in for the system's keyring. */
  readonly keyring?: string | undefined
}

/** How a kind of call fails: by errno, by SQLite's number, or by what becomes of it. */
const ways: Readonly<Record<string, readonly string[]>> = {
  open: ['EMFILE', 'EACCES', 'EIO'],
  make: ['EMFILE', 'EACCES', 'ENOSPC', 'EROFS'],
  read: ['EIO'],
  write: ['ENOSPC', 'EIO', 'EDQUOT'],
  sync: ['EIO', 'ENOSPC'],
  close: ['EIO'],
  // Not ENOENT: that a file is not there is an answer, and the right end of it is that of a command without the file.
  look: ['EACCES', 'EIO'],
  change: ['EACCES', 'EIO', 'EROFS'],
  exists: ['absent'],
  'db open': ['CANTOPEN', 'IOERR', 'NOMEM'],
  'db read': ['IOERR_READ', 'CORRUPT', 'NOMEM', 'BUSY'],
  'db write': ['FULL', 'IOERR_WRITE', 'IOERR_FSYNC', 'FULL rolled back', 'IOERR_WRITE rolled back', 'CORRUPT', 'BUSY'],
  'db close': ['BUSY', 'IOERR_FSYNC'],
  connect: ['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EMFILE'],
  resolve: ['ENOTFOUND', 'EAI_AGAIN'],
  receive: ['ECONNRESET', 'ETIMEDOUT', 'end'],
  send: ['EPIPE', 'ECONNRESET'],
  output: ['ENOSPC', 'EIO', 'EPIPE'],
  input: ['EIO'],
  listen: ['EADDRINUSE', 'EACCES', 'EMFILE'],
  spawn: ['ENOENT', 'EACCES', 'EAGAIN', 'EMFILE', 'ends with 3', 'is killed'],
  keyring: ['locked', 'denied', 'no dbus'],
  random: ['ERR_OSSL_RAND'],
  clock: ['back', 'ahead'],
}

/** The ways the call of a trace line can fail; its kind stands before the first colon. */
export function waysOf(call: string): readonly string[] {
  const [kind = ''] = call.split(':', 1)
  const found = ways[kind]
  if (found === undefined) throw new Error(`no way is known to fail: ${call}`)
  return found
}
