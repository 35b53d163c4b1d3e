import { type Tlp, tlpLevels } from '../statement.ts'
import { isObject, type JsonObject, listAt, textAt, textsAt } from './fields.ts'

/** Marking definitions that the standard itself issues. */
const standardIds: Readonly<Record<string, Tlp>> = {
  'marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9': 'clear',
  'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da': 'green',
  'marking-definition--f88d31f6-486f-44da-b317-01333bde0b82': 'amber',
  'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed': 'red',
  'marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487': 'clear',
  'marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb': 'green',
  'marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421': 'amber',
  'marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003': 'amber+strict',
  'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1': 'red',
}

const tlp2Extension = 'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d'

/** What the markings of an object come to. */
export interface Markings {
  /** The strictest of them; undefined when none is a TLP that is known here. */
  readonly tlp?: Tlp | undefined
  /** The others, which may be in the store. */
  readonly refs: readonly string[]
}

const unmarked: Markings = { refs: [] }

/**
 * The markings of an object: on the whole, granular ones (the parts are handed out together, so each counts for all), and
 * labels such as `tlp:amber`, which is how producers of 2.0 mark.
 * @see STIX 2.1, 7.2 (data markings); STX-11
 */
export function markingsOf(object: JsonObject, labels: readonly string[]): Markings {
  const isMarked = object['object_marking_refs'] !== undefined || object['granular_markings'] !== undefined
  if (!isMarked && !labels.some((label) => /^tlp/i.test(label))) return unmarked
  const all = new Set(textsAt(object, 'object_marking_refs'))
  for (const granular of listAt(object, 'granular_markings')) {
    const ref = isObject(granular) ? textAt(granular, 'marking_ref') : undefined
    if (ref !== undefined) all.add(ref)
  }
  const known: (Tlp | undefined)[] = labels.map((label) => (/^tlp:/i.test(label) ? tlpOfText(label) : undefined))
  const refs: string[] = []
  for (const ref of all) {
    const tlp = standardOf(ref)
    if (tlp === undefined) refs.push(ref)
    else known.push(tlp)
  }
  return { tlp: strictest(known), refs }
}

function standardOf(id: string): Tlp | undefined {
  return Object.hasOwn(standardIds, id) ? standardIds[id] : undefined
}

/** The stricter of any number of levels; undefined ones do not count. */
export function strictest(levels: readonly (Tlp | undefined)[]): Tlp | undefined {
  const found = levels.filter((level) => level !== undefined).map((level) => tlpLevels.indexOf(level))
  return found.length === 0 ? undefined : tlpLevels[Math.max(...found)]
}

/** The level that a word means: `TLP:AMBER+STRICT`, `tlp-white`, `red`; undefined for anything else. */
export function tlpOfText(text: string): Tlp | undefined {
  const word = /^(?:tlp\s*[:=_-]?\s*(?:2\.0\s*[:-]?\s*)?)?"?(clear|white|green|amber(?:[\s+_-]?strict)?|red)"?$/i
    .exec(text.trim())?.[1]
    ?.toLowerCase()
  if (word === undefined) return undefined
  if (word === 'white') return 'clear'
  return word.startsWith('amber') && word !== 'amber' ? 'amber+strict' : (word as Tlp)
}

/**
 * The level of a marking definition: TLP 1 as the standard has it, TLP 2 by its extension, and by the names that providers
 * use; undefined when it is another marking.
 * @see STIX 2.1, 7.2.1.4; Traffic Light Protocol 2.0 extension definition
 */
export function tlpOfDefinition(object: JsonObject): Tlp | undefined {
  const standard = standardOf(textAt(object, 'id') ?? '')
  if (standard) return standard
  const extensions = object['extensions']
  const extension = isObject(extensions) ? extensions[tlp2Extension] : undefined
  const definition = object['definition']
  const texts = [
    isObject(extension) ? textAt(extension, 'tlp_2_0') : undefined,
    isObject(definition) ? textAt(definition, 'tlp') : undefined,
    textAt(object, 'x_opencti_definition'),
    textAt(object, 'name'),
    isObject(definition) ? textAt(definition, 'statement') : undefined,
  ]
  const named = texts.filter((text) => text !== undefined)
  // The bare word counts only in the two properties that are for it.
  return named.map((text, index) => (index < 2 || /tlp/i.test(text) ? tlpOfText(text) : undefined)).find(Boolean)
}
