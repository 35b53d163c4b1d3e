import Module, { createRequire, isBuiltin } from 'node:module'
import { plain, type Strikes } from './strike.ts'
import { wrap } from './wrap-files.ts'

/** SQLite's own numbers and words, by the name that a fault has here. */
const faults: Readonly<Record<string, readonly [number: number, words: string]>> = {
  BUSY: [5, 'database is locked'],
  NOMEM: [7, 'out of memory'],
  CORRUPT: [11, 'database disk image is malformed'],
  FULL: [13, 'database or disk is full'],
  CANTOPEN: [14, 'unable to open database file'],
  IOERR: [10, 'disk I/O error'],
  IOERR_READ: [266, 'disk I/O error'],
  IOERR_WRITE: [778, 'disk I/O error'],
  IOERR_FSYNC: [1034, 'disk I/O error'],
}

type Values = readonly unknown[]

interface AnyStatement {
  run(...values: Values): unknown
  get(...values: Values): unknown
  all(...values: Values): unknown
}

interface AnyDatabase {
  exec(sql: string): unknown
  prepare(sql: string): AnyStatement
  close(): unknown
}

type OpenFile = (file: string, ...more: Values) => object

/** Fails statements of either SQLite, and opening and closing. */
export function wrapDatabase(strikes: Strikes, program: string): void {
  if (isBuiltin('node:sqlite')) wrapNodeSqlite(strikes, program)
  else wrapLibsql(strikes)
}

/** Its class stays what it is (it may be imported already): what opens files lies below it, in its native part. */
function wrapLibsql(strikes: Strikes): void {
  const files = new WeakMap<object, string>()
  const loader = Module as unknown as { _load: (request: string, ...more: Values) => unknown }
  wrap(loader, '_load', (original) => (request: string, ...more: unknown[]) => {
    const loaded = original(request, ...more)
    if (request.startsWith('@libsql/')) wrapOpen(loaded as { databaseOpen: OpenFile })
    if (/[\\/]libsql[\\/]index\.js$/.test(request) || request === 'libsql') wrapClass(loaded as Class)
    return loaded
  })
  const wrapOpen = (native: { databaseOpen: OpenFile }): void => {
    wrap(native, 'databaseOpen', (original) => (file: string, ...more: unknown[]) => {
      const how = strikeOpen(strikes, file)
      if (how !== undefined) {
        const [number] = known(how)
        throw new Error(`ConnectionFailed("Unable to open connection to local database ${file}: ${number}")`)
      }
      const opened = original(file, ...more) as object
      files.set(opened, file)
      return opened
    })
  }
  const wrapped = new WeakSet()
  const wrapClass = (made: Class): void => {
    if (wrapped.has(made)) return
    wrapped.add(made)
    failing(made.prototype, {
      strikes,
      fileOf: (database) => files.get((database as unknown as { db: object }).db),
      makeError: (number, words) =>
        Object.assign(new Error(words), { name: 'SqliteError', code: 'SQLITE_ERROR', rawCode: number }),
    })
  }
}

function wrapNodeSqlite(strikes: Strikes, program: string): void {
  const require = createRequire(program)
  // It warns of itself when it is first loaded; the program, which would not have that seen, comes later.
  const { emitWarning } = process
  process.emitWarning = () => undefined
  const module = require('node:sqlite') as { DatabaseSync: Class }
  process.emitWarning = emitWarning
  const files = new WeakMap<object, string>()
  const makeError: MakeError = (number, words) =>
    Object.assign(new Error(words), { code: 'ERR_SQLITE_ERROR', errcode: number, errstr: words })
  const Original = module.DatabaseSync
  failing(Original.prototype, { strikes, fileOf: (database) => files.get(database), makeError })
  module.DatabaseSync = class extends Original {
    constructor(file: string) {
      const how = strikeOpen(strikes, file)
      if (how !== undefined) throw makeError(...known(how))
      super(file)
      files.set(this, file)
    }
  }
}

type Class = new (file: string) => AnyDatabase
type MakeError = (number: number, words: string) => Error

interface Failing {
  readonly strikes: Strikes
  readonly fileOf: (database: AnyDatabase) => string | undefined
  readonly makeError: MakeError
}

const nameOf = (strikes: Strikes, file: string | undefined): string | undefined =>
  file === '' ? 'a private database' : strikes.target(file)

function strikeOpen(strikes: Strikes, file: string): string | undefined {
  const target = nameOf(strikes, file)
  return target === undefined ? undefined : strikes.on('db open', target)
}

function failing(database: AnyDatabase, { strikes, fileOf, makeError }: Failing): void {
  const { exec } = database
  const strike = (of: AnyDatabase, name: string, sql: string): void => {
    const target = nameOf(strikes, fileOf(of))
    if (target === undefined || /^\s*ROLLBACK/i.test(sql)) return
    const kind = /^\s*(?:SELECT|PRAGMA|WITH)\b/i.test(sql) || name === 'prepare' ? 'db read' : 'db write'
    const how = strikes.on(kind, `${name} ${target} ${plain(sql.replace(/\s+/g, ' ').trim().slice(0, 70))}`)
    if (how === undefined) return
    // On a full disk and the like SQLite may have rolled the transaction back itself.
    if (how.endsWith('rolled back') && !/^\s*BEGIN/i.test(sql)) rollBack(() => exec.call(of, 'ROLLBACK'))
    throw makeError(...known(how))
  }
  wrap(
    database,
    'exec',
    (original) =>
      function (this: AnyDatabase, sql: string) {
        strike(this, 'exec', sql)
        return original.call(this, sql)
      },
  )
  wrap(
    database,
    'prepare',
    (original) =>
      function (this: AnyDatabase, sql: string) {
        strike(this, 'prepare', sql)
        const statement = original.call(this, sql) as AnyStatement
        for (const name of ['run', 'get', 'all'] as const)
          wrap(statement, name, (step) => (...values: unknown[]) => {
            strike(this, name, sql)
            return step.apply(statement, values)
          })
        return statement
      },
  )
  wrap(
    database,
    'close',
    (original) =>
      function (this: AnyDatabase) {
        const target = nameOf(strikes, fileOf(this))
        const how = target === undefined ? undefined : strikes.on('db close', target)
        const closed = original.call(this) as unknown
        if (how !== undefined) throw makeError(...known(how))
        return closed
      },
  )
}

function rollBack(roll: () => unknown): void {
  try {
    roll()
  } catch {
    // There was no transaction.
  }
}

function known(how: string): readonly [number: number, words: string] {
  const found = faults[how.replace(' rolled back', '')]
  if (!found) throw new Error(`no such fault of SQLite: ${how}`)
  return found
}
