import type { Item } from '../../stix/item.ts'
import { levelOfDefinition, markingOf, type ItemMarking } from '../../stix/item-marking.ts'
import { tlpLevels, type TlpLevel } from '../authentication.ts'

/** Levels of marking definitions by id; null: it is another marking. */
export type DefinedLevels = ReadonlyMap<string, TlpLevel | null>

/** The raw JSON of those of these marking definitions that the collection has. */
export type FindDefinitions = (
  ids: readonly string[],
) => Promise<readonly { readonly id: string; readonly raw: Buffer }[]>

/** Decides for one account and one collection, some items at a time. */
export interface TlpCeiling {
  readonly level: TlpLevel
  /** One answer for each item, in order. */
  permits(items: readonly Item[]): Promise<readonly boolean[]>
}

/**
 * Whether an item may go to somebody with this ceiling (none: everything may). What is not marked may. What cannot be read
 * to its end, and what has a marking whose definition is not known, may not: it could mean anything. @see S26
 */
export function isWithinTlp(
  ceiling: TlpLevel | undefined,
  item: Item,
  defined: DefinedLevels = new Map<string, never>(),
): boolean {
  return isUnlimited(ceiling) || isWithin(ceiling, markingOf(item), defined)
}

/** Looks up definitions of markings in the collection, each once. Undefined where nothing has to be looked at. */
export function openTlpCeiling(level: TlpLevel | undefined, find: FindDefinitions): TlpCeiling | undefined {
  if (isUnlimited(level)) return undefined
  const defined = new Map<string, TlpLevel | null>()
  const asked = new Set<string>()
  return {
    level,
    async permits(items) {
      const markings = items.map(markingOf)
      const open = new Set(markings.flatMap(({ refs }) => refs).filter((ref) => !asked.has(ref)))
      if (open.size > 0) {
        for (const { id, raw } of await find([...open])) {
          const found = levelOfDefinition(raw)
          // Several versions, or sources, may define it: the strictest counts.
          if (found !== undefined) defined.set(id, stricter(defined.get(id), found))
        }
        for (const ref of open) asked.add(ref)
      }
      return markings.map((marking) => isWithin(level, marking, defined))
    },
  }
}

/** Nothing is above red: then nobody has to look. */
function isUnlimited(ceiling: TlpLevel | undefined): ceiling is 'red' | undefined {
  return ceiling === undefined || ceiling === 'red'
}

function isWithin(ceiling: TlpLevel, { tlp, refs, isWhole }: ItemMarking, defined: DefinedLevels): boolean {
  if (!isWhole || rank(tlp) > rank(ceiling)) return false
  return refs.every((ref) => {
    const level = defined.get(ref)
    return level !== undefined && rank(level) <= rank(ceiling)
  })
}

function stricter(a: TlpLevel | null | undefined, b: TlpLevel | null): TlpLevel | null {
  return rank(a) > rank(b) ? (a ?? null) : b
}

/** Not marked is below everything. */
function rank(level: TlpLevel | null | undefined): number {
  return level ? tlpLevels.indexOf(level) : -1
}
