import type { ValueKind } from '../stix/statement.ts'
import type { LineHit } from './additions.ts'
import { compareRecords, isValidAt } from './choose.ts'
import type { Extend, LogFormat, Visit } from './formats/format.ts'
import type { Match, Matcher } from './match.ts'

export interface LineLookOptions {
  /** Names of fields that are ours, from an earlier run. */
  readonly own: ReadonlySet<string>
  /** Only these fields, each for these kinds of values (undefined: every kind). Undefined: every field. */
  readonly fields?: ReadonlyMap<string, ReadonlySet<ValueKind> | undefined> | undefined
  readonly nowMs: () => number
}

/** Reads a line properly: which indicators it meets. Lines are byte strings without their end. */
export interface LineLook {
  /**
   * The hit that decides, if there is one, and how to add to the line; undefined where it is no line of the format. `only`:
   * where the one value begins that may have a hit, if that is known (`LogFormat.read`).
   */
  meet(
    line: string,
    format: LogFormat,
    matcher: Matcher,
    only?: number,
  ): { readonly hit?: LineHit; readonly extend: Extend } | undefined
  /** The line without fields of an earlier run. */
  bare(line: string, format: LogFormat): string
  /** Reads a line only for the names of its fields. */
  note(line: string, format: LogFormat): void
  /** Whether an indicator of this kind counts in this field, which a line has. */
  isLooked(field: () => string, kind: ValueKind): boolean
  /** Which of the wanted fields lines have had so far. */
  readonly seen: ReadonlySet<string>
}

/** What stands in a value that is a text or a list; the scan knows them too (`LineKind`). */
const severalValues = /[ \t\r\n,;|"]/

export function createLineLook({ own, fields, nowMs }: LineLookOptions): LineLook {
  const seen = new Set<string>()

  function isWanted(field: string): boolean {
    if (fields?.has(field) !== true) return false
    seen.add(field)
    return true
  }

  return {
    seen,
    meet(line, format, matcher, only = -1) {
      const now = nowMs()
      const met = new Set<string>()
      let best: (Match & { readonly field: string }) | undefined
      const consider = (
        matches: readonly Match[],
        name: () => string,
        kinds: ReadonlySet<ValueKind> | undefined,
      ): void => {
        for (const match of matches) {
          const { record } = match
          if ((kinds && !kinds.has(record.kind)) || !isValidAt(record, now)) continue
          met.add(`${record.kind} ${record.value}`)
          if (!best || compareRecords(record, best.record) < 0) best = { ...match, field: name() }
        }
      }
      const visit: Visit = (name, text, how) => {
        const field = fields && name()
        if (field !== undefined && !isWanted(field)) return
        const kinds = fields?.get(field ?? '')
        if (how === 'value') consider(matcher.value(text), name, kinds)
        if (how === 'words' || severalValues.test(text)) consider(matcher.words(text), name, kinds)
      }
      const extend = format.read(line, own, visit, only)
      if (!extend) return undefined
      return best ? { hit: { ...best, hits: met.size }, extend } : { extend }
    },
    isLooked(field, kind) {
      if (!fields) return true
      const name = field()
      return isWanted(name) && (fields.get(name)?.has(kind) ?? true)
    },
    bare: (line, format) => format.read(line, own, () => undefined)?.([]) ?? line,
    note: (line, format) => void format.read(line, own, (name) => void isWanted(name())),
  }
}
