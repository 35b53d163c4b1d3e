import type { Binding, RawDatabase } from '../binding.ts'

/** SQLite from the libsql package, which has prebuilt binaries and needs no install script. */
export async function loadLibsql(): Promise<Binding> {
  const { default: Database } = await import('libsql')
  return {
    name: 'libsql',
    open(file) {
      const database = new Database(file, {})
      // One array, always: a lone Buffer or null would be taken for named parameters.
      return {
        exec: (sql) => database.exec(sql),
        prepare(sql) {
          const statement = database.prepare(sql)
          return {
            run: (values) => statement.run([...values]),
            get: (values) => statement.get([...values]),
            all: (values) => statement.all([...values]),
          }
        },
        close: () => database.close(),
      } satisfies RawDatabase
    },
  }
}
