import type { ObjectFilter, ObjectPage, PageKey } from '../taxii2-persistence.ts'
import type { ItemPlaces } from './item-places.ts'
import type { ReadPage } from './pages.ts'
import { notFound, rangeInvalid } from './refusals.ts'

/** Items that a client asks for: from zero, both inclusive; `last` undefined: as many as there are. */
export interface ItemRange {
  readonly header: string
  readonly first: number
  readonly last: number | undefined
}

/** Items of a list in 2.0. `total` may be too low by what cannot be counted, never too high for those given. */
export interface ItemSlice<Entry> {
  readonly entries: readonly Entry[]
  readonly first: number
  readonly total: number
  readonly isPart: boolean
}

const longestRange = 100

/**
 * Reads a `Range` of items, with an equals sign as RFC 9110 has it or a blank as TAXII's example has it; undefined without
 * one and for other units, which are ignored.
 * @throws SERVE_RANGE_INVALID
 * @see TAXII 2.0, 3.4; RFC 9110, 14.2
 */
export function readItemRange(header: string | undefined): ItemRange | undefined {
  if (header === undefined || !/^\s*items\b/i.test(header)) return undefined
  // Longer than any two numbers: blanks without end would be tried in every place.
  const match =
    header.length > longestRange ? null : /^\s*items\s*[= ]\s*(\d{1,15})\s*-\s*(\d{1,15})?\s*$/i.exec(header)
  const [first, last] = [Number(match?.[1]), match?.[2] === undefined ? undefined : Number(match[2])]
  if (!match || (last !== undefined && last < first)) throw rangeInvalid(header, undefined)
  return { header, first, last }
}

export interface ItemReading<Entry extends PageKey> {
  readonly read: ReadPage<Entry>
  /** Entries to count with; need not be as heavy as `read`'s. */
  readonly skim: ReadPage<PageKey>
  /** How many there are; undefined where only reading would tell. */
  readonly count?: (() => Promise<number>) | undefined
  readonly filter: Omit<ObjectFilter, 'limit' | 'next'>
  readonly maxItems: number
  /** Stands for the list: filters, and who may see what of it. */
  readonly key: string
  readonly places: ItemPlaces
}

/**
 * Reads items by their numbers from a list that is paged by keys.
 * @throws SERVE_RANGE_INVALID past the end (but not for the beginning of an empty list); SERVE_NOT_FOUND where `read` finds
 * nothing to read from
 */
export async function readItems<Entry extends PageKey>(
  range: ItemRange | undefined,
  reading: ItemReading<Entry>,
): Promise<ItemSlice<Entry>> {
  const { filter, key, places, maxItems } = reading
  const first = range?.first ?? 0
  const limit = Math.min(maxItems, range?.last === undefined ? maxItems : range.last - first + 1)
  const place = await placeOf(first, range, reading)
  const page = await reading.read({ ...filter, limit, next: place })
  if (page === undefined) throw notFound()
  const end = first + page.entries.length
  if (page.next !== undefined) places.remember(key, { offset: end, after: page.next })
  if (range && first > 0 && page.entries.length === 0) throw rangeInvalid(range.header, first)
  const total = page.more ? await totalOf(end, reading) : end
  return { entries: page.entries, first, total, isPart: page.more || first > 0 || range !== undefined }
}

async function placeOf<Entry extends PageKey>(
  first: number,
  range: ItemRange | undefined,
  { skim, count, filter, key, places, maxItems }: ItemReading<Entry>,
): Promise<PageKey | undefined> {
  let place = places.nearest(key, first)
  // Far past the end nobody needs to be counted to.
  if (range && place.offset < first && count) {
    const total = await places.count(key, count)
    if (first >= total) throw rangeInvalid(range.header, total)
  }
  while (place.offset < first) {
    const limit = Math.min(maxItems, first - place.offset)
    const page: ObjectPage<PageKey> | undefined = await skim({ ...filter, limit, next: place.after })
    if (page === undefined) throw notFound()
    const offset = place.offset + page.entries.length
    if (!page.more || page.next === undefined) throw rangeInvalid(range?.header ?? '', offset)
    place = { offset, after: page.next }
    places.remember(key, place)
  }
  return place.after
}

async function totalOf<Entry extends PageKey>(end: number, { count, key, places }: ItemReading<Entry>) {
  const counted = count ? await places.count(key, count) : 0
  return Math.max(counted, end + 1)
}

/** Headers of an answer in 2.0. */
export function itemHeaders({ entries, first, total, isPart }: ItemSlice<unknown>): Record<string, string> {
  const last = first + entries.length - 1
  return {
    'accept-ranges': 'items',
    ...(isPart && entries.length > 0 && { 'content-range': `items ${first}-${last}/${total}` }),
  }
}

/** 206 where something is left out or was asked for by number. @see TAXII 2.0, 3.4 */
export function itemStatus({ entries, isPart }: ItemSlice<unknown>): 200 | 206 {
  return isPart && entries.length > 0 ? 206 : 200
}
