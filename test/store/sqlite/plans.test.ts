import { describe, expect, it } from 'vitest'
import { connect } from '../../../src/store/sqlite/binding.ts'
import { latestSql } from '../../../src/store/sqlite/latest.ts'
import { pageCountSql } from '../../../src/store/sqlite/page-count.ts'
import { segmentDataSql } from '../../../src/store/sqlite/page-reading.ts'
import { pageSegmentsSql } from '../../../src/store/sqlite/page-segments.ts'
import { listingSql } from '../../../src/store/sqlite/listings.ts'
import { pageVersionsSql } from '../../../src/store/sqlite/page-standings.ts'
import { recordSql } from '../../../src/store/sqlite/records.ts'
import { removalSql } from '../../../src/store/sqlite/remove-versions.ts'
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
      /SEARCH segment USING INDEX segment_(order|look) \(collection=\? AND first<\?\)/,
    )
    expect(planOf(pagePathSql.unmarkVanished(200))).toMatch(
      /SEARCH vanished USING PRIMARY KEY \(collection=\? AND id=\?\)/,
    )
  })

  it('looks for the segments of a page, and counts them, in an index that has no bytes in it', () => {
    const bounds = String.raw`\(collection=\? AND first`
    for (const sql of [...Object.values(pageSegmentsSql), ...Object.values(pageCountSql)]) {
      expect(planOf(sql)).toMatch(new RegExp(`SEARCH segment USING (COVERING )?INDEX segment_look ${bounds}`))
      expect(planOf(sql)).not.toMatch(/USE TEMP B-TREE FOR ORDER BY|SCAN (segment|standing)/)
    }
    for (const sql of [pageSegmentsSql.anyLatest, pageSegmentsSql.holdingSomeLatest, pageCountSql.latest])
      expect(planOf(sql)).toMatch(new RegExp(`^SEARCH standing USING PRIMARY KEY ${bounds}`))
    expect(planOf(pageSegmentsSql.holding)).toMatch(/COVERING INDEX/)
    for (const sql of Object.values(pageCountSql)) expect(planOf(sql)).toMatch(/segment USING COVERING INDEX/)
    expect(planOf(segmentDataSql)).toMatch(/SEARCH segment USING INTEGER PRIMARY KEY/)
  })

  it('finds the versions of a page, and which have siblings, by their keys', () => {
    expect(planOf(pageVersionsSql.ofIds(200))).toMatch(/SEARCH version USING PRIMARY KEY \(id=\? AND collection=\?\)/)
    expect(planOf(pageVersionsSql.siblings)).toMatch(
      /SEARCH sibling USING PRIMARY KEY \(collection=\? AND added>\? AND added<\?\)/,
    )
    expect(planOf(pageVersionsSql.undecided)).toMatch(
      /SEARCH sibling USING (COVERING )?INDEX sibling_undecided \(collection=\? AND added>\? AND added<\?\)/,
    )
    expect(planOf(removalSql.addedOf)).toMatch(/SEARCH version USING PRIMARY KEY \(id=\? AND collection=\?\)/)
    for (const sql of [removalSql.holding, removalSql.next]) {
      expect(planOf(sql)).toMatch(/SEARCH segment USING INDEX segment_(order|look) \(collection=\? AND first/)
    }
  })

  it('finds how the items of a listing stand by their keys', () => {
    expect(planOf(listingSql.noted(200))).toMatch(
      /SEARCH version USING PRIMARY KEY \(id=\? AND collection=\? AND version=\?\)/,
    )
    expect(planOf(listingSql.noted(200))).toMatch(/SEARCH sibling USING PRIMARY KEY \(collection=\? AND added=\?\)/)
    expect(planOf(listingSql.versions(200))).toMatch(/SEARCH version USING PRIMARY KEY \(id=\? AND collection=\?\)/)
    expect(planOf(listingSql.vanished(200))).toMatch(/SEARCH vanished USING PRIMARY KEY \(collection=\? AND id=\?\)/)
  })

  it('keeps the notes of superseded versions by their keys', () => {
    for (const sql of [latestSql.holding, latestSql.next])
      expect(planOf(sql)).toMatch(/SEARCH segment USING COVERING INDEX segment_look \(collection=\? AND first/)
    expect(planOf(latestSql.superseded)).toMatch(/SEARCH sibling USING PRIMARY KEY \(collection=\? AND added>\?/)
    expect(planOf(latestSql.versions)).toMatch(/SEARCH version USING PRIMARY KEY/)
    for (const sql of [latestSql.holding, latestSql.next, latestSql.superseded, latestSql.versions])
      expect(planOf(sql)).not.toMatch(/TEMP B-TREE/)
  })

  it('finds records by kind and id, by owner, and what has expired', () => {
    expect(planOf(recordSql.find)).toMatch(/SEARCH record USING PRIMARY KEY \(kind=\? AND id=\?\)/)
    expect(planOf(recordSql.list)).toMatch(/SEARCH record USING PRIMARY KEY \(kind=\? AND id>\?\)/)
    expect(planOf(recordSql.listOwned)).toMatch(
      /SEARCH record USING INDEX record_owner \(kind=\? AND owner=\? AND id>\?\)/,
    )
    expect(planOf(recordSql.sweep)).toMatch(/SEARCH record USING (COVERING )?INDEX record_expiry/)
    for (const sql of Object.values(recordSql)) expect(planOf(sql)).not.toMatch(/TEMP B-TREE/)
  })

  it('still does so once SQLite has statistics of a large store', () => {
    connection.exec(`ANALYZE;
      INSERT OR REPLACE INTO sqlite_stat1 VALUES ('version', 'version', '1000000 2 1 1')`)
    expect(planOf(pagePathSql.countKnown(200))).toMatch(/SEARCH version USING PRIMARY KEY \(id=\? AND collection=\?\)/)
  })
})
