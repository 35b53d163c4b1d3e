import { StixTaxiiError } from '../../core/errors.ts'
import { compareTimestamps, laterTimestamp, toEpochMicroseconds } from '../../core/timestamp.ts'
import { isObject, type JsonObject, listAt, textAt } from '../stix2/fields.ts'

/** One observed data with its objects, as a pattern is evaluated on. */
export interface Observation {
  readonly id: string
  /** In microseconds since 1970; `first` is never later than `last`. */
  readonly first: number
  readonly last: number
  /** How many times it was observed, 1 or more. */
  readonly count: number
  readonly objects: readonly JsonObject[]
  /** The object that a reference of one of them names; undefined when it is not there. */
  readonly find: (reference: string) => JsonObject | undefined
}

/** What a set of STIX objects holds to evaluate patterns on. */
export interface Observations {
  /** In order of `first`. */
  readonly list: readonly Observation[]
  /** What could not be used, a sentence each. */
  readonly notes: readonly string[]
}

/** Most observations that one evaluation takes. */
export const maxObservations = 100_000

/**
 * Gathers the observed data among STIX objects, each id once in its newest version and not when that was revoked.
 *
 * Objects are those of `objects` (2.0, and 2.1 as deprecated), whose references are its keys, or those that `object_refs`
 * names among the objects given, whose references are ids. Observed data without a time is left out.
 * @throws STIX_OBSERVATIONS_MANY (refused) beyond `maxObservations`
 * @see STIX 2.1, 4.14; STX-5, STX-6, STX-7
 */
export function gatherObservations(objects: Iterable<JsonObject>): Observations {
  const byId = new Map<string, JsonObject>()
  const observed = new Map<string, JsonObject>()
  for (const object of objects) {
    const [id, type] = [textAt(object, 'id'), textAt(object, 'type')]
    if (id === undefined) continue
    if (type !== 'observed-data') byId.set(id, object)
    else if (isNewer(object, observed.get(id))) observed.set(id, object)
    if (observed.size > maxObservations) throw tooMany()
  }
  const notes: string[] = []
  const list = [...observed].flatMap(([id, object]) => {
    const found = object['revoked'] === true ? 'it was revoked' : observationOf(id, object, byId)
    if (typeof found !== 'string') return [found]
    if (notes.length < 20) notes.push(`${id} was left out: ${found}`)
    return []
  })
  return { list: list.sort((a, b) => a.first - b.first || (a.id < b.id ? -1 : 1)), notes }
}

function tooMany(): StixTaxiiError {
  return new StixTaxiiError('STIX_OBSERVATIONS_MANY', `There are more than ${maxObservations} observed data`, {
    kind: 'refused',
    hint: 'Give them in several runs.',
  })
}

function isNewer(object: JsonObject, known: JsonObject | undefined): boolean {
  if (!known) return true
  return compareTimestamps(textAt(object, 'modified') ?? '', textAt(known, 'modified') ?? '') > 0
}

/** The observation, or why it is none. */
function observationOf(id: string, object: JsonObject, byId: ReadonlyMap<string, JsonObject>): Observation | string {
  const [first, last] = [textAt(object, 'first_observed'), textAt(object, 'last_observed')]
  const begin = microsecondsOf(first ?? last)
  const end = microsecondsOf(laterTimestamp(first, last))
  if (begin === undefined || end === undefined) return 'it says no time'
  const number = object['number_observed']
  const count = typeof number === 'number' && Number.isInteger(number) && number > 0 ? number : 1
  const times = { id, first: Math.min(begin, end), last: Math.max(begin, end), count }
  const inner = object['objects']
  if (isObject(inner)) {
    const find = (reference: string) => {
      const found = Object.hasOwn(inner, reference) ? inner[reference] : undefined
      return isObject(found) ? found : undefined
    }
    return { ...times, objects: Object.values(inner).filter(isObject), find }
  }
  const references = listAt(object, 'object_refs', 100_000)
  const own = references.map((reference) => (typeof reference === 'string' ? byId.get(reference) : undefined))
  return { ...times, objects: own.filter((one) => one !== undefined), find: (reference) => byId.get(reference) }
}

function microsecondsOf(text: string | undefined): number | undefined {
  const micros = text === undefined ? undefined : toEpochMicroseconds(text)
  return micros === undefined ? undefined : Number(micros)
}
