import type { Item } from './item.ts'
import type { Tlp } from './statement.ts'
import { readElements, type Element } from './stix1/elements.ts'
import { readHandling } from './stix1/handling.ts'
import { isObject, type JsonObject, textAt, textsAt } from './stix2/fields.ts'
import { markingsOf, strictest, tlpOfDefinition } from './stix2/markings.ts'

/** What an item is marked with, as a whole: whoever gets it gets all that is in it. */
export interface ItemMarking {
  /** The strictest of it and of everything in it. */
  readonly tlp?: Tlp | undefined
  /** Marking definitions that are neither standard nor in the item itself. */
  readonly refs: readonly string[]
  /** False: it could not be read to its end, so that more may be marked. */
  readonly isWhole: boolean
}

const unmarked: ItemMarking = { refs: [], isWhole: true }
const unreadable: ItemMarking = { refs: [], isWhole: false }

/** Looks at nothing but markings: a STIX 2 object, or a block of STIX 1 or STIX 2. Never throws, whatever the item holds. */
export function markingOf(item: Item): ItemMarking {
  if (item.kind === 'object' && !mayBeMarked(item.raw)) return unmarked
  return isXml(item.raw) ? ofXml(item.raw) : ofJson(item.raw)
}

/** Most objects are not marked, and need not be parsed to know that. An escape may stand for any letter of a name. */
function mayBeMarked(raw: Buffer): boolean {
  return /marking|tlp|\\u/i.test(raw.toString('latin1'))
}

/** UTF-16 has a zero byte beside the mark. */
function isXml(raw: Buffer): boolean {
  return /^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*</.test(raw.toString('latin1', 0, 4096))
}

function ofXml(raw: Buffer): ItemMarking {
  const levels: (Tlp | undefined)[] = []
  let isWhole = true
  readElements(raw, {
    isWhole: ({ local }: Element) => local === 'Handling',
    onEnd(element) {
      if (element.local === 'Handling') levels.push(...readHandling(element).map(({ tlp }) => tlp))
      return element.whole
    },
    onFault: () => (isWhole = false),
  })
  return { tlp: strictest(levels), refs: [], isWhole }
}

function ofJson(raw: Buffer): ItemMarking {
  let document: unknown
  try {
    document = JSON.parse(raw.toString('utf8').replace(/^\ufeff/, ''))
  } catch {
    return unreadable
  }
  const objects = objectsOf(document)
  if (!objects.every(isObject)) return unreadable
  const defined = new Map(
    objects
      .filter(({ type }) => type === 'marking-definition')
      .map((definition) => [textAt(definition, 'id') ?? '', tlpOfDefinition(definition)]),
  )
  const levels: (Tlp | undefined)[] = []
  const open = new Set<string>()
  for (const object of objects) {
    const { tlp, refs } = markingsOf(object, textsAt(object, 'labels'))
    levels.push(tlp)
    for (const ref of refs) {
      if (defined.has(ref)) levels.push(defined.get(ref))
      else open.add(ref)
    }
  }
  return { tlp: strictest(levels), refs: [...open], isWhole: true }
}

function objectsOf(document: unknown): readonly unknown[] {
  if (Array.isArray(document)) return document
  if (!isObject(document)) return [document]
  const { type, objects } = document as JsonObject
  return type === 'bundle' ? (Array.isArray(objects) ? objects : []) : [document]
}

/** Which level a marking definition stands for: null where it is another marking, undefined where it is none that can be read. */
export function levelOfDefinition(raw: Buffer): Tlp | null | undefined {
  try {
    const definition: unknown = JSON.parse(raw.toString('utf8'))
    return isObject(definition) && definition['type'] === 'marking-definition'
      ? (tlpOfDefinition(definition) ?? null)
      : undefined
  } catch {
    return undefined
  }
}
