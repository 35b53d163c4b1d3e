import type { Item } from '../stix/item.ts'
import type { Reading, Statement } from '../stix/statement.ts'
import { keyOfValue, longestValue, type ValueKey } from './value-key.ts'

/** What a driver is given to make statements of items: `readStatements`. It never throws for what is in an item. */
export type ReadItem = (item: Item) => Reading

/** Raise it whenever `readStatements` or this file says something else of the same item: stores are indexed anew then. */
export const readerVersion = 2

/** A statement as it goes into the index: what can be looked for, and the rest of it. */
export interface IndexedStatement {
  /** Its place among the statements of the item. */
  readonly place: number
  /** May have more members: it is not copied, as this is done for every object received. */
  readonly statement: Omit<Statement, 'values' | 'description'>
  readonly values: readonly IndexedValue[]
}

export interface IndexedValue {
  readonly key: ValueKey
  readonly sound: boolean
  readonly original?: string | undefined
}

/** What of a reading goes into the index. */
export interface IndexedReading {
  readonly statements: readonly IndexedStatement[]
  readonly relations: Reading['relations']
  readonly named: Reading['named']
  /** Statements of which nothing can be looked for. */
  readonly unusable: number
}

const longestName = 2000

/**
 * Reads the item for the index. A value that no key can hold is left out, and the statement says so among what is unused;
 * a statement without any other value is only counted.
 */
export function indexItem(read: ReadItem, item: Item): IndexedReading {
  const { statements, relations, named } = read(item)
  const indexed: IndexedStatement[] = []
  let unusable = 0
  for (let place = 0; place < statements.length; place++) {
    const made = indexStatement(statements[place] as Statement, place)
    if (made) indexed.push(made)
    else unusable++
  }
  return { statements: indexed, relations, named, unusable }
}

function indexStatement(whole: Statement, place: number): IndexedStatement | undefined {
  const values: IndexedValue[] = []
  const lost: string[] = []
  const places = whole.values.length > 1 ? new Map<string, number>() : undefined
  for (const { kind, value, sound, original } of whole.values) {
    const key = keyOfValue({ kind, value })
    if (!key) lost.push(`a value of kind ${kind} that cannot be looked for (${value.length} characters)`)
    else addTo(values, { key, sound, ...(isKept(original) && { original }) }, places)
  }
  if (values.length === 0) return undefined
  const name = cut(whole.name, lost)
  if (lost.length === 0) return { place, statement: whole, values }
  return { place, statement: { ...whole, name, unused: [...whole.unused, ...lost] }, values }
}

function isKept(original: string | undefined): boolean {
  return original !== undefined && original.length <= longestValue
}

/** The same value twice is one, and sound when either is. `places`: where each is; a statement may have very many. */
function addTo(values: IndexedValue[], value: IndexedValue, places: Map<string, number> | undefined): void {
  const name = places && `${value.key.kind} ${value.key.bytes.toString('latin1')}`
  const same = name === undefined ? undefined : places?.get(name)
  if (same !== undefined) {
    if (value.sound) values[same] = { ...(values[same] as IndexedValue), sound: true }
    return
  }
  if (name !== undefined) places?.set(name, values.length)
  values.push(value)
}

function cut(name: string | undefined, lost: string[]): string | undefined {
  if (name === undefined || name.length <= longestName) return name
  lost.push(`all but ${longestName} of the ${name.length} characters of its name`)
  return `${name.slice(0, longestName)}…`
}
