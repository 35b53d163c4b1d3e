import { isBuiltin } from 'node:module'
import type { Binding, RawDatabase } from '../binding.ts'

/** Whether this Node carries SQLite without a flag (22.13 and later). */
export function hasNodeSqlite(): boolean {
  return isBuiltin('node:sqlite')
}

/** SQLite from Node itself. */
export async function loadNodeSqlite(): Promise<Binding> {
  const { DatabaseSync } = await import('node:sqlite')
  return {
    name: 'node:sqlite',
    open(file) {
      const database = new DatabaseSync(file)
      return {
        exec: (sql) => database.exec(sql),
        prepare(sql) {
          const statement = database.prepare(sql)
          return {
            run: (values) => statement.run(...values),
            get: (values) => statement.get(...values),
            all: (values) => statement.all(...values),
          }
        },
        close: () => database.close(),
      } satisfies RawDatabase
    },
  }
}
