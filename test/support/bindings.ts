import type { Binding } from '../../src/store/sqlite/binding.ts'
import { loadLibsql } from '../../src/store/sqlite/bindings/libsql.ts'
import { hasNodeSqlite, loadNodeSqlite } from '../../src/store/sqlite/bindings/node-sqlite.ts'

/** The packages with SQLite in them that this Node can load; each runs the driver's whole suite. */
export const bindings: readonly Binding[] = [await loadLibsql(), ...(hasNodeSqlite() ? [await loadNodeSqlite()] : [])]
