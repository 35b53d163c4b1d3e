import { readTopLevel, wantedNames } from '../../scan/top-level.ts'

/** What filters look at in an object; undefined for what is not there or no text. */
export interface ObjectNames {
  readonly id: string | undefined
  readonly type: string | undefined
  /** `modified`, else `created`. */
  readonly date: string | undefined
}

const wanted = wantedNames(['id', 'type', 'created', 'modified'])

/** Reads id, type and date off an object's bytes; undefined when they are no JSON object. */
export function namesOf(raw: Buffer): ObjectNames | undefined {
  const found = readTopLevel(raw, wanted)
  if (found.kind !== 'object') return undefined
  const text = (field: number): string | undefined => {
    const start = found.spans[field * 2] as number
    if (start < 0 || raw[start] !== 0x22) return undefined
    return JSON.parse(raw.toString('utf8', start, found.spans[field * 2 + 1])) as string
  }
  return { id: text(0), type: text(1), date: text(3) ?? text(2) }
}
