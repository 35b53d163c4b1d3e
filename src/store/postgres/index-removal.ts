import type { Item } from '../../stix/item.ts'
import { indexItem, type ReadItem } from '../index-reading.ts'
import type { Connection, SqlValue } from './connection.ts'
import type { IndexGrowth } from '../growth.ts'
import { isLong } from './index-path.ts'
import { digestOf, keyOfId } from './keys.ts'

const rowsPerFlush = 5000

/** Each parameter but the first, the collection, is an array. */
const removalSql = {
  stated: `DELETE FROM stated USING unnest($2::smallint[], $3::bytea[], $4::bigint[]) AS gone (kind, value, added)
    WHERE stated.kind = gone.kind AND stated.value = gone.value AND stated.collection = $1 AND stated.added = gone.added`,
  statedLong: `DELETE FROM stated_long USING unnest($2::smallint[], $3::bytea[], $4::bigint[]) AS gone (kind, digest, added)
    WHERE stated_long.kind = gone.kind AND stated_long.digest = gone.digest AND stated_long.collection = $1
    AND stated_long.added = gone.added`,
  statement: 'DELETE FROM statement WHERE collection = $1 AND added = ANY ($2::bigint[])',
  relation: `DELETE FROM relation USING unnest($2::bytea[], $3::bigint[]) AS gone (origin, added)
    WHERE relation.origin = gone.origin AND relation.collection = $1 AND relation.added = gone.added`,
  named: `DELETE FROM named USING unnest($2::bytea[], $3::bigint[]) AS gone (id, added)
    WHERE named.id = gone.id AND named.collection = $1 AND named.added = gone.added`,
} as const

/**
 * Takes out what the items of removed versions said, while the row of their collection is held. Answers what the index
 * lost, as negative counts.
 */
export async function removeFromIndex(
  connection: Connection,
  collection: number,
  read: ReadItem,
  gone: readonly { readonly item: Item; readonly added: number }[],
): Promise<IndexGrowth> {
  const growth = { statements: 0, values: 0, unusable: 0 }
  const unread = await connection.get('SELECT after, until FROM unread WHERE collection = $1', [collection])
  const isUnread = (added: number) =>
    unread !== undefined && added > (unread['after'] as number) && added <= (unread['until'] as number)
  const rows = {
    stated: newRows(connection, removalSql.stated, [collection]),
    statedLong: newRows(connection, removalSql.statedLong, [collection]),
    statement: newRows(connection, removalSql.statement, [collection]),
    relation: newRows(connection, removalSql.relation, [collection]),
    named: newRows(connection, removalSql.named, [collection]),
  }
  const flush = async () => {
    growth.values -= (await rows.stated.flush()) + (await rows.statedLong.flush())
    growth.statements -= await rows.statement.flush()
    await rows.relation.flush()
    await rows.named.flush()
  }
  for (const { item, added } of gone) {
    if (isUnread(added)) continue
    const { statements, relations, named, unusable } = indexItem(read, item)
    for (const { key } of statements.flatMap(({ values }) => values)) {
      if (isLong(key)) rows.statedLong.add([key.kind, digestOf(key.bytes), added])
      else rows.stated.add([key.kind, key.bytes, added])
    }
    rows.statement.add([added])
    for (const id of new Set(relations.map(({ from }) => from))) rows.relation.add([keyOfId(id), added])
    for (const id of new Set(named.map((name) => name.id))) rows.named.add([keyOfId(id), added])
    growth.unusable -= unusable
    if (rows.stated.count() + rows.statement.count() >= rowsPerFlush) await flush()
  }
  await flush()
  return growth
}

/** Rows that are changed together, each parameter of the statement an array; `before` are its first parameters. */
function newRows(connection: Connection, sql: string, before: readonly SqlValue[] = []) {
  let columns: (number | Buffer)[][] = []
  let count = 0
  return {
    add(row: readonly (number | Buffer)[]) {
      if (count === 0) columns = row.map(() => [])
      for (let at = 0; at < row.length; at++) (columns[at] as (number | Buffer)[]).push(row[at] as number | Buffer)
      count++
    },
    count: () => count,
    async flush(): Promise<number> {
      if (count === 0) return 0
      const values = columns
      count = 0
      columns = []
      return connection.run(sql, [...before, ...values])
    },
  }
}
