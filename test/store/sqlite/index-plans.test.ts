import { describe, expect, it } from 'vitest'
import { connect } from '../../../src/store/sqlite/binding.ts'
import { knownValuesSql } from '../../../src/store/sqlite/known-values.ts'
import { migrations } from '../../../src/store/sqlite/schema.ts'
import { surroundingsSql } from '../../../src/store/sqlite/surroundings.ts'
import { bindings } from '../../support/bindings.ts'

describe.each(bindings.map((binding) => [binding.name, binding] as const))(
  'query plans of the index over %s',
  (_name, binding) => {
    const connection = connect(binding, ':memory:')
    for (const sql of migrations) connection.exec(sql)
    const planOf = (sql: string): string =>
      connection
        .all(`EXPLAIN QUERY PLAN ${sql}`, Array<null>(sql.split('?').length - 1).fill(null))
        .map((row) => String(row['detail']))
        .join('\n')

    const plans = () => {
      expect(planOf(knownValuesSql.lookup(200))).toMatch(/SEARCH stated USING PRIMARY KEY \(kind=\? AND value=\?\)/)
      const page = planOf(knownValuesSql.page('AND stated.collection IN (1, 2) AND marks < 2'))
      expect(page).toMatch(/SEARCH stated USING PRIMARY KEY \(kind=\? AND \(value,collection,added,place\)>\(/)
      expect(page).not.toMatch(/TEMP B-TREE/)
      for (const plan of [planOf(knownValuesSql.lookup(200)), page]) {
        expect(plan).toMatch(/SEARCH statement USING PRIMARY KEY \(collection=\? AND added=\? AND place=\?\)/)
        expect(plan).not.toMatch(/SCAN (stated|statement)/)
      }
      expect(planOf(knownValuesSql.nextNetwork)).toMatch(/SEARCH stated USING PRIMARY KEY \(kind=\? AND value>\?\)/)
      expect(planOf(knownValuesSql.count)).not.toMatch(/TEMP B-TREE FOR GROUP BY/)
    }

    it('finds values, their statements and versions by whole keys, in the order of the index', plans)

    it('finds what statements are resolved with by its id', () => {
      for (const [table, sql] of [
        ['version', surroundingsSql.versions(200)],
        ['revoked', surroundingsSql.revoked(200)],
        ['named', surroundingsSql.names(200)],
      ] as const) {
        expect(planOf(sql)).toMatch(new RegExp(`SEARCH ${table} USING (COVERING INDEX|PRIMARY KEY).*\\(id=\\?`))
      }
      expect(planOf(surroundingsSql.relations(200))).toMatch(/SEARCH relation USING PRIMARY KEY \(origin=\?/)
      expect(planOf(surroundingsSql.vanished(200))).toMatch(
        /SEARCH vanished USING PRIMARY KEY \(collection=\? AND id=\?\)/,
      )
    })

    it('still does so once SQLite has statistics of a large store', () => {
      connection.exec(`ANALYZE;
        INSERT OR REPLACE INTO sqlite_stat1 VALUES ('stated', 'stated', '1000000 50000 1 1 1 1');
        INSERT OR REPLACE INTO sqlite_stat1 VALUES ('statement', 'statement', '1000000 500000 1 1');
        INSERT OR REPLACE INTO sqlite_stat1 VALUES ('version', 'version', '1000000 2 1 1')`)
      plans()
    })
  },
)
