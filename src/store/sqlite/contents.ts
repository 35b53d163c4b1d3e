import type { Item } from '../../stix/item.ts'
import { isOfBinding } from '../page-match.ts'
import type { PageQuery } from '../page-query.ts'
import { jsonIn, type Connection } from './binding.ts'

/**
 * What is in a segment, without reading it: its types with their spec versions, its bindings with their subtypes. Most
 * segments have the same, so each has a number in the table `contents`, and which numbers a query can pass over is found
 * out once. Nothing is ever deleted from that table: a number means the same for ever.
 */

/** Sorted, each once. */
export type Contents = readonly Content[]
type Content = readonly [spec: '2.0' | '2.1', type: string] | readonly ['block', binding: string, subtype?: string]

/** Feeds in which no two segments have the same would only fill the table; from here on such segments are read. */
const mostContents = 4096

export function contentsOf(items: Iterable<Item>): Contents {
  const found = new Map<string, Content>()
  for (const item of items) {
    const content = contentOf(item)
    const name = JSON.stringify(content)
    if (!found.has(name)) found.set(name, content)
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, content]) => content)
}

function contentOf(item: Item): Content {
  if (item.kind === 'object') return [item.specVersion, item.type]
  return item.subtype === undefined ? ['block', item.binding] : ['block', item.binding, item.subtype]
}

/** The number of what is in a segment, made where it is new; null when there are too many. Inside a transaction. */
export function numberOfContents(connection: Connection, contents: Contents): number | null {
  const body = Buffer.from(JSON.stringify(contents))
  const find = () =>
    connection.get('SELECT number FROM contents WHERE body = ?', [body])?.['number'] as number | undefined
  const known = find()
  if (known !== undefined) return known
  const sql = 'INSERT INTO contents (body) SELECT ? WHERE (SELECT count(*) FROM contents) < ?'
  return connection.run(sql, [body, mostContents]) > 0 ? (find() as number) : null
}

/** Whether a query can hold for everything of what is in a segment, for something of it, or for nothing. */
export type Share = 'all' | 'some' | 'none'

type Asked = Pick<PageQuery, 'kind' | 'types' | 'specVersions' | 'bindings'>

/** Exact for 'all' and 'none' as far as `Asked` goes. */
export function shareOf(contents: Contents, asked: Asked): Share {
  const holding = contents.filter((content) => holdsFor(content, asked)).length
  return holding === 0 ? 'none' : holding === contents.length ? 'all' : 'some'
}

function holdsFor(content: Content, { kind, types, specVersions, bindings }: Asked): boolean {
  if (content[0] === 'block') {
    const [, binding, subtype] = content
    return (
      (kind === undefined || kind === 'block') &&
      types === undefined &&
      (bindings === undefined || bindings.some((wanted) => isOfBinding({ binding, subtype }, wanted)))
    )
  }
  const [spec, type] = content
  return (
    (kind === undefined || kind === 'object') &&
    (types === undefined || types.includes(type)) &&
    (specVersions === undefined || specVersions === 'newest' || specVersions.includes(spec))
  )
}

/** The table of contents as far as it was read, kept from one query to the next. */
export interface KnownContents {
  /** By number, with what was added since. */
  all(connection: Connection): ReadonlyMap<number, Contents>
}

export function newKnownContents(): KnownContents {
  const known = new Map<number, Contents>()
  let last = 0
  return {
    all(connection) {
      for (const row of connection.all('SELECT number, body FROM contents WHERE number > ? ORDER BY number', [last])) {
        last = row['number'] as number
        known.set(last, jsonIn<Contents>(row, 'body'))
      }
      return known
    },
  }
}
