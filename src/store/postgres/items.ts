import type { Item } from '../../stix/item.ts'
import { versionOf } from '../compare.ts'
import { bytes, jsonIn, textIn, type Connection, type CopiedValue, type SqlRow } from './connection.ts'
import type { ColumnType } from './copy-in.ts'
import { idOfKey, isLong, isText, keyOfId, keyOfVersion, momentOf, versionOfKey } from './keys.ts'

/** How an item is a row of `version`, and is read back. */

const longestRead = 8 * 1024 * 1024

/** What an item has besides its columns; id and version where their keys do not say them. */
interface Rest {
  readonly id?: string | undefined
  readonly version?: string | undefined
  readonly originalId?: string | undefined
  readonly timestampLabel?: string | undefined
  readonly message?: string | undefined
}

export const versionTarget =
  'version (collection, added, id, version, moment, digest, type, binding, subtype, spec, revoked, rest, raw)'
export const versionTypes: readonly ColumnType[] = [
  ...(['int4', 'int8', 'bytea', 'bytea', 'bytea', 'bytea', 'bytea', 'bytea', 'bytea'] as const),
  ...(['int2', 'bool', 'bytea', 'bytea'] as const),
]

/** The columns that `itemOf` reads; `raw` may be left out of what is asked. */
export const itemColumns = ['id', 'version', 'type', 'binding', 'subtype', 'spec', 'revoked', 'rest']
  .map((column) => `version.${column} AS ${column}`)
  .join(', ')

export function rowOfItem(
  item: Item,
  { collection, added, digest }: { readonly collection: number; readonly added: number; readonly digest: Buffer },
): CopiedValue[] {
  const version = versionOf(item)
  const [idKey, versionKey] = [keyOfId(item.id), keyOfVersion(version)]
  const isObject = item.kind === 'object'
  const rest: Rest = {
    ...(!says(idKey, item.id, idOfKey) && { id: item.id }),
    ...(!says(versionKey, version, versionOfKey) && { version }),
    ...(isObject ? { originalId: item.originalId } : { timestampLabel: item.timestampLabel, message: item.message }),
  }
  const text = JSON.stringify(rest)
  return [
    collection,
    added,
    idKey,
    versionKey,
    momentOf(version),
    digest,
    isObject ? bytes(item.type) : null,
    isObject ? null : bytes(item.binding),
    isObject || item.subtype === undefined ? null : bytes(item.subtype),
    specOf(item),
    isObject && item.revoked,
    text === '{}' ? null : bytes(text),
    item.raw,
  ]
}

/** The column `spec`. */
export function specOf(item: Item): 0 | 20 | 21 {
  if (item.kind === 'block') return 0
  return item.specVersion === '2.1' ? 21 : 20
}

/** Whether the key can be read back as its text: only what is kept as text may be too long for it, or no UTF-8. */
function says(key: Buffer, text: string, read: (key: Buffer) => string): boolean {
  if (isLong(key)) return false
  return !isText(key) || read(key) === text
}

/** The item of a row with `itemColumns` and, unless it was left out, `raw`. */
export function itemOf(row: SqlRow): Item {
  const rest = row['rest'] === null ? {} : jsonIn<Rest>(row, 'rest')
  const id = rest.id ?? idOfKey(row['id'])
  const raw = Buffer.isBuffer(row['raw']) ? row['raw'] : Buffer.alloc(0)
  if (row['type'] === null) {
    const { timestampLabel, message } = rest
    const subtype = row['subtype'] === null ? undefined : textIn(row, 'subtype')
    return {
      ...{ kind: 'block', id, binding: textIn(row, 'binding'), raw },
      ...(subtype !== undefined && { subtype }),
      ...(timestampLabel !== undefined && { timestampLabel }),
      ...(message !== undefined && { message }),
    }
  }
  return {
    ...{ kind: 'object', id, type: textIn(row, 'type'), version: versionOfRow(row) },
    ...{ specVersion: row['spec'] === 21 ? '2.1' : '2.0', revoked: row['revoked'] === true, raw },
    ...(rest.originalId !== undefined && { originalId: rest.originalId }),
  }
}

/** The version of a row with `itemColumns`, as `versionOf` its item. */
export function versionOfRow(row: SqlRow): string {
  const rest = row['rest'] === null ? {} : jsonIn<Rest>(row, 'rest')
  return rest.version ?? versionOfKey(row['version'])
}

export interface AddedItem {
  /** Microseconds of `addedAt`. */
  readonly added: number
  readonly item: Item
}

/**
 * The items of a collection added after `after`, in order: at most `limit`, and as many as are 8 MiB together (one at
 * least). None: there are no more up to `until`, inclusive.
 */
export async function readItems(
  connection: Pick<Connection, 'all'>,
  collection: number,
  window: { readonly after: number; readonly until?: number | undefined; readonly limit: number },
): Promise<AddedItem[]> {
  const rows = await connection.all(
    `SELECT added, ${itemColumns}, raw FROM (
       SELECT *, sum(octet_length(raw)) OVER (ORDER BY added) - octet_length(raw) AS before FROM (
         SELECT * FROM version WHERE collection = $1 AND added > $2 AND added <= $3 ORDER BY added LIMIT $4
       ) AS next
     ) AS version WHERE before < $5 ORDER BY added`,
    [collection, window.after, window.until ?? Number.MAX_SAFE_INTEGER, window.limit, longestRead],
  )
  return rows.map((row) => ({ added: row['added'] as number, item: itemOf(row) }))
}

/** Items of a collection by `added`; those that are gone are not there. */
export async function itemsAt(
  connection: Pick<Connection, 'all'>,
  collection: number,
  added: readonly number[],
): Promise<Map<number, Item>> {
  const rows = await connection.all(
    `SELECT added, ${itemColumns}, raw FROM version WHERE collection = $1 AND added = ANY($2::bigint[])`,
    [collection, added],
  )
  return new Map(rows.map((row) => [row['added'] as number, itemOf(row)]))
}
