import { indexItem, type IndexedReading, type ReadItem } from '../index-reading.ts'
import type { KnownValue, KnownValueFilter, NetworkLengths, ValueCount } from '../known-value.ts'
import {
  resolveStatements,
  type KeptName,
  type KeptRelation,
  type KeptStatement,
  type Standing,
  type Surroundings,
} from '../resolve-statements.ts'
import type { CollectionKey, SourceRef } from '../store.ts'
import { compareKeys, keyOfValue, kindNumbers, valueOfKey, type ValueKey } from '../value-key.ts'
import type { Item } from '../../stix/item.ts'
import { valueKinds, type Statement, type Value } from '../../stix/statement.ts'

/** A stored version as the index sees it. */
export interface IndexedVersion {
  readonly item: Item
  readonly added: number
  readonly source: SourceRef
  readonly key: CollectionKey
  readonly collection: number
}

interface Entry {
  readonly version: IndexedVersion
  readonly place: number
  readonly kept: Omit<KeptStatement, 'source'>
}

export interface ValueIndex {
  add(version: IndexedVersion): void
  remove(collection: number, added: number): void
  clear(): void
  lookup(values: readonly Value[]): readonly KnownValue[]
  knownValues(filter: KnownValueFilter): Iterable<KnownValue>
  networkLengths(): NetworkLengths
  countValues(): readonly ValueCount[]
  /** Of one collection, or of all. */
  counts(collection?: number): { statements: number; values: number; unusable: number }
}

/** The index of values in memory: plain maps, the model of what a database does with keys. */
export function newValueIndex(parts: {
  readonly read: () => ReadItem
  readonly sourceOf: (key: CollectionKey) => SourceRef
  readonly standing: (ids: readonly string[]) => ReadonlyMap<string, Standing>
}): ValueIndex {
  const readings = new Map<string, { readonly version: IndexedVersion; readonly reading: IndexedReading }>()
  const values = new Map<string, { readonly key: ValueKey; entries: Entry[] }>()

  function enter(version: IndexedVersion, reading: IndexedReading): void {
    const { item, added, key, collection } = version
    const whole = reading.statements.length > 0 ? parts.read()(item).statements : []
    for (const { place, statement, values: stated } of reading.statements) {
      for (const { key: valueKey, sound, original } of stated) {
        const description = whole[place]?.description
        const kept = {
          statement: bare(statement),
          description,
          sound,
          original,
          key,
          collection,
          itemId: item.id,
          added,
        }
        const name = nameOfKey(valueKey)
        const known = values.get(name) ?? { key: valueKey, entries: [] }
        values.set(name, known)
        known.entries.push({ version, place, kept })
      }
    }
  }

  function knownOf(value: Value, entries: readonly Entry[], filter: KnownValueFilter): KnownValue {
    const wanted = entries
      .filter(({ version, kept }) => isWanted(parts.sourceOf(version.key), version.key, kept.statement.role, filter))
      .toSorted(
        (a, b) => a.version.added - b.version.added || a.version.collection - b.version.collection || a.place - b.place,
      )
      .map(({ version, kept }) => ({
        ...kept,
        description: filter.descriptions ? kept.description : undefined,
        source: parts.sourceOf(version.key),
      }))
    return { ...value, statements: resolveStatements(wanted, around).filter((statement) => statement !== undefined) }
  }

  const around: Surroundings = {
    standing: parts.standing,
    relations: (ids) =>
      gathered(ids, (wanted, found) => {
        for (const { version, reading } of readings.values()) {
          const { added, key, collection, item } = version
          for (const { from, ...said } of reading.relations) {
            if (!wanted.has(from)) continue
            const relation: KeptRelation = { ...said, source: key.source, collection, itemId: item.id, added }
            found(from, relation)
          }
        }
      }),
    names: (ids) =>
      gathered(ids, (wanted, found: (id: string, name: KeptName) => void) => {
        for (const { version, reading } of readings.values()) {
          for (const { id, ...said } of reading.named) {
            if (wanted.has(id)) found(id, { ...said, source: version.key.source, added: version.added })
          }
        }
      }),
  }

  const inOrder = () =>
    [...values.values()].filter(({ entries }) => entries.length > 0).sort((a, b) => compareKeys(a.key, b.key))

  return {
    add(version) {
      const reading = indexItem(parts.read(), version.item)
      readings.set(`${version.collection} ${version.added}`, { version, reading })
      enter(version, reading)
    },
    remove(collection, added) {
      readings.delete(`${collection} ${added}`)
      for (const known of values.values()) {
        known.entries = known.entries.filter(
          ({ version }) => version.collection !== collection || version.added !== added,
        )
      }
    },
    clear() {
      readings.clear()
      values.clear()
    },
    lookup: (wanted) =>
      wanted.map((value) => {
        const key = keyOfValue(value)
        const entries = key === undefined ? [] : (values.get(nameOfKey(key))?.entries ?? [])
        return knownOf({ kind: value.kind, value: value.value }, entries, { descriptions: true })
      }),
    *knownValues(filter) {
      for (const { key, entries } of inOrder()) {
        const value = valueOfKey(key) as Value
        if (filter.kinds && !filter.kinds.includes(value.kind)) continue
        const known = knownOf(value, entries, filter)
        if (known.statements.length > 0) yield known
      }
    },
    networkLengths() {
      const lengths = (kind: 'ipv4' | 'ipv6') => {
        const networks = inOrder().filter(({ key }) => key.kind === kindNumbers(kind)[1])
        return [...new Set(networks.map(({ key }) => key.bytes[0] as number))]
      }
      return { ipv4: lengths('ipv4'), ipv6: lengths('ipv6') }
    },
    countValues: () =>
      valueKinds.flatMap((kind) => {
        const ofKind = inOrder().filter(({ key }) => key.kind >> 1 === valueKinds.indexOf(kind))
        const statements = ofKind.reduce((sum, { entries }) => sum + entries.length, 0)
        return ofKind.length === 0 ? [] : [{ kind, values: ofKind.length, statements }]
      }),
    counts(collection) {
      const sum = { statements: 0, values: 0, unusable: 0 }
      for (const { version, reading } of readings.values()) {
        if (collection !== undefined && version.collection !== collection) continue
        sum.statements += reading.statements.length
        sum.values += reading.statements.reduce((count, statement) => count + statement.values.length, 0)
        sum.unusable += reading.unusable
      }
      return sum
    },
  }
}

/** Without its values and description, and without what is undefined. */
function bare(statement: KeptStatement['statement']): KeptStatement['statement'] {
  const members = Object.entries(statement).filter(
    ([name, value]) => value !== undefined && name !== 'values' && name !== 'description',
  )
  return Object.fromEntries(members) as unknown as KeptStatement['statement']
}

function nameOfKey({ kind, bytes }: ValueKey): string {
  return `${kind} ${bytes.toString('latin1')}`
}

function isWanted(source: SourceRef, key: CollectionKey, role: Statement['role'], filter: KnownValueFilter): boolean {
  return (
    (filter.sources === undefined || filter.sources.includes(source.id) || filter.sources.includes(source.name)) &&
    (filter.collections === undefined || filter.collections.includes(key.collection)) &&
    (filter.role === undefined || filter.role === role)
  )
}

function gathered<Found>(
  ids: readonly string[],
  search: (wanted: ReadonlySet<string>, found: (id: string, one: Found) => void) => void,
): ReadonlyMap<string, readonly Found[]> {
  const all = new Map<string, Found[]>()
  if (ids.length > 0) search(new Set(ids), (id, one) => void all.set(id, [...(all.get(id) ?? []), one]))
  return all
}
