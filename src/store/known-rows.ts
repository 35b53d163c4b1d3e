import type { KnownValue, KnownValueFilter, SourcedStatement } from './known-value.ts'
import type { KeptStatement } from './resolve-statements.ts'
import { decodeStatement, type OfItem } from './statement-body.ts'
import type { CollectionKey, SourceRef } from './store.ts'
import { valueOfKey, type ValueKey } from './value-key.ts'

/**
 * What rows of an index of values mean, for the drivers that have one in SQL. Their columns are called alike: kind, value,
 * collection, added, place, marks (1 for a sound value, plus 2 for an observable's), original, item and body.
 */

type Row = Readonly<Record<string, unknown>>

interface KnownPlace {
  readonly number: number
  readonly source: SourceRef
  readonly key: CollectionKey
}

/** Undefined when every collection is wanted, else the numbers of those that are. */
export function wantedPlaces(
  { sources, collections }: KnownValueFilter,
  places: Iterable<KnownPlace>,
): readonly number[] | undefined {
  if (sources === undefined && collections === undefined) return undefined
  return [...places]
    .filter(
      ({ source, key }) =>
        (sources === undefined || sources.includes(source.id) || sources.includes(source.name)) &&
        (collections === undefined || collections.includes(key.collection)),
    )
    .map(({ number }) => number)
}

/**
 * The statement of a row. `traitsOf` gives the text of a numbered trait.
 * @throws RangeError, SyntaxError, TypeError when it is none of ours.
 */
export function keptStatementOf(
  row: Row,
  item: OfItem,
  place: KnownPlace | undefined,
  traitsOf: (number: number) => string,
): KeptStatement {
  if (!place) throw new RangeError('it is of no collection')
  return {
    statement: decodeStatement((row['body'] as Buffer).toString(), item, traitsOf),
    sound: ((row['marks'] as number) & 1) === 1,
    original: (row['original'] as Buffer | null)?.toString(),
    source: place.source,
    key: place.key,
    collection: place.number,
    itemId: item.id,
    added: row['added'] as number,
  }
}

/** Undefined when the key is none of ours. */
export function knownValueOf(key: ValueKey, statements: readonly SourcedStatement[]): KnownValue | undefined {
  const value = valueOfKey(key)
  return value && { ...value, statements: inOrder(statements) }
}

/** Statements of rows by what `of` says of them, each group in order of `addedAt`. */
export function statementsBy<Key>(
  rows: readonly Row[],
  statements: readonly (SourcedStatement | undefined)[],
  of: (row: Row) => Key,
): ReadonlyMap<Key, readonly SourcedStatement[]> {
  const groups = new Map<Key, SourcedStatement[]>()
  for (const [place, row] of rows.entries()) {
    const statement = statements[place]
    if (!statement) continue
    const group = groups.get(of(row))
    if (group) group.push(statement)
    else groups.set(of(row), [statement])
  }
  return new Map([...groups].map(([key, group]) => [key, inOrder(group)]))
}

function inOrder(statements: readonly SourcedStatement[]): readonly SourcedStatement[] {
  return statements.length < 2
    ? statements
    : statements.toSorted((a, b) => (a.addedAt < b.addedAt ? -1 : a.addedAt > b.addedAt ? 1 : 0))
}
