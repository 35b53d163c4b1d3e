import { createHash } from 'node:crypto'
import { timestampKey } from '../../core/timestamp.ts'
import {
  idOfKey as idOfShortKey,
  keyOfId as wholeKeyOfId,
  keyOfVersion as wholeKeyOfVersion,
  keyText,
  versionOfKey as versionOfShortKey,
} from '../sqlite/keys.ts'
import { bytes, corruption, textIn, type Connection, type SqlRow } from './connection.ts'

/**
 * Ids and versions in keys, coded as SQLite's are. An entry of PostgreSQL's indexes has room for 2,704 bytes: a key that is
 * longer than 1,000 is its SHA-256 and a byte that says so, and its text is in the table `long_key`.
 */

export { checksumOf, digestOf, keyText } from '../sqlite/keys.ts'

const longestKey = 1000
const longTag = 0xfe
const textTag = 0xff
const digestBytes = 32

export function keyOfId(id: string): Buffer {
  return shortened(wholeKeyOfId(id))
}

export function keyOfVersion(version: string): Buffer {
  return shortened(wholeKeyOfVersion(version))
}

function shortened(key: Buffer): Buffer {
  if (key.length <= longestKey) return key
  return Buffer.concat([createHash('sha256').update(key).digest(), Buffer.from([longTag])])
}

/** Whether the key is the digest of a long text. */
export function isLong(key: Buffer): boolean {
  return key.length === digestBytes + 1 && key.at(-1) === longTag
}

/** Whether the key is its text and a tag. */
export function isText(key: Buffer): boolean {
  return key.at(-1) === textTag
}

/** @throws PostgresError, SqlError (corrupt) when the key is none of ours, or a long one: `textsOfKeys` has its text. */
export function idOfKey(key: SqlRow[string] | undefined): string {
  return idOfShortKey(checked(key))
}

/** @throws as `idOfKey` does. */
export function versionOfKey(key: SqlRow[string] | undefined): string {
  return versionOfShortKey(checked(key))
}

function checked(key: SqlRow[string] | undefined): Buffer {
  if (!Buffer.isBuffer(key)) throw corruption('a key is none')
  if (isLong(key)) throw corruption('a long key was taken for its text')
  return key
}

/** Keeps the texts whose keys are long, so that they can be read back. Inside the transaction that stores the keys. */
export async function keepLong(connection: Connection, texts: Iterable<string>): Promise<void> {
  const rows = new Map<string, { key: Buffer; text: Buffer }>()
  for (const text of texts) {
    // No coding is longer than the text and its tag.
    if (text.length * 3 < longestKey) continue
    for (const key of [keyOfId(text), keyOfVersion(text)]) {
      if (isLong(key)) rows.set(keyText(key), { key, text: bytes(text) })
    }
  }
  if (rows.size === 0) return
  const all = [...rows.values()].sort((a, b) => Buffer.compare(a.key, b.key))
  await connection.run(
    'INSERT INTO long_key (key, text) SELECT * FROM unnest($1::bytea[], $2::bytea[]) ON CONFLICT DO NOTHING',
    [all.map(({ key }) => key), all.map(({ text }) => text)],
  )
}

/** The texts of keys, in their order. */
export async function textsOfKeys(
  connection: Pick<Connection, 'all'>,
  keys: readonly Buffer[],
  of: (key: Buffer) => string,
): Promise<string[]> {
  const long = keys.filter(isLong)
  const texts = new Map<string, string>()
  if (long.length > 0) {
    const rows = await connection.all('SELECT key, text FROM long_key WHERE key = ANY($1::bytea[])', [long])
    for (const row of rows) texts.set(keyText(row['key'] as Buffer), textIn(row, 'text'))
  }
  return keys.map((key) => {
    if (!isLong(key)) return of(key)
    const text = texts.get(keyText(key))
    if (text === undefined) throw corruption('the text of a long key is missing')
    return text
  })
}

/** What versions are ordered by: the instant, empty where the version is none. */
export function momentOf(version: string): Buffer {
  return bytes(timestampKey(version) ?? '').subarray(0, longestKey)
}
