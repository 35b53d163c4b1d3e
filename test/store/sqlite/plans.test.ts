import { describe, expect, it } from 'vitest'
import { connect } from '../../../src/store/sqlite/binding.ts'
import { pagePathSql } from '../../../src/store/sqlite/page-path.ts'
import { migrations } from '../../../src/store/sqlite/schema.ts'
import { bindings } from '../../support/bindings.ts'

describe.each(bindings.map((binding) => [binding.name, binding] as const))('query plans over %s', (_name, binding) => {
  const connection = connect(binding, ':memory:')
  for (const sql of migrations) connection.exec(sql)
  const planOf = (sql: string): string =>
    connection
      .all(`EXPLAIN QUERY PLAN ${sql}`, Array<null>(sql.split('?').length - 1).fill(null))
      .map((row) => String(row['detail']))
      .join('\n')

  it('looks for versions by id first, by the whole key', () => {
    for (const sql of [pagePathSql.countKnown(200), pagePathSql.findVersions(200)]) {
      expect(planOf(sql)).toMatch(/SEARCH version USING PRIMARY KEY \(id=\? AND collection=\?\)/)
      expect(planOf(sql)).not.toMatch(/SCAN version/)
    }
  })

  it('finds segments and what vanished by their keys', () => {
    expect(planOf(pagePathSql.findSegment)).toMatch(
      /SEARCH segment USING INDEX segment_order \(collection=\? AND first<\?\)/,
    )
    expect(planOf(pagePathSql.unmarkVanished(200))).toMatch(
      /SEARCH vanished USING PRIMARY KEY \(collection=\? AND id=\?\)/,
    )
  })

  it('still does so once SQLite has statistics of a large store', () => {
    connection.exec(`ANALYZE;
      INSERT OR REPLACE INTO sqlite_stat1 VALUES ('version', 'version', '1000000 2 1 1')`)
    expect(planOf(pagePathSql.countKnown(200))).toMatch(/SEARCH version USING PRIMARY KEY \(id=\? AND collection=\?\)/)
  })
})
