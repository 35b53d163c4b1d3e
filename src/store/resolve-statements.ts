import { fromEpochMicroseconds, timestampKey } from '../core/timestamp.ts'
import { tlpLevels, type Tlp } from '../stix/statement.ts'
import type { IndexedStatement } from './index-reading.ts'
import type { RelatedThing, SourcedStatement } from './known-value.ts'
import type { CollectionKey, SourceRef } from './store.ts'

/**
 * What a statement means now. Statements are kept as they were made; whether they are superseded, revoked or vanished, and
 * what they refer to, is found out when they are read, because all of that comes in any order.
 */

/** A statement about one value as a driver has it. */
export interface KeptStatement {
  readonly statement: IndexedStatement['statement']
  readonly description?: string | undefined
  readonly sound: boolean
  readonly original?: string | undefined
  readonly source: SourceRef
  readonly key: CollectionKey
  /** The driver's number of the collection. */
  readonly collection: number
  readonly itemId: string
  readonly added: number
}

/** What is stored under an id, in all collections. */
export interface Standing {
  readonly versions: readonly StandingVersion[]
  /** Ids of the sources that have revoked it. */
  readonly revokedBy: ReadonlySet<string>
  /** Numbers of the collections it vanished from. */
  readonly vanishedFrom: ReadonlySet<number>
}

export interface StandingVersion {
  readonly source: string
  readonly collection: number
  readonly version: string
  readonly added: number
}

/** A relationship, and the item that says it. */
export interface KeptRelation {
  readonly type: string
  readonly to: string
  readonly source: string
  readonly collection: number
  readonly itemId: string
  readonly added: number
  readonly tlp?: Tlp | undefined
  readonly markingRefs?: readonly string[] | undefined
}

export interface KeptName {
  readonly type: string
  readonly name: string
  readonly tlp?: Tlp | undefined
  readonly markingRefs?: readonly string[] | undefined
  readonly source: string
  readonly added: number
}

/** What a driver answers about ids. Ids nothing is known of may be missing. */
export interface Surroundings {
  standing(ids: readonly string[]): ReadonlyMap<string, Standing>
  /** By the id they lead from. */
  relations(ids: readonly string[]): ReadonlyMap<string, readonly KeptRelation[]>
  names(ids: readonly string[]): ReadonlyMap<string, readonly KeptName[]>
}

/** What an asynchronous driver answers about ids. */
export interface SurroundingsLater {
  standing(ids: readonly string[]): Promise<ReadonlyMap<string, Standing>>
  relations(ids: readonly string[]): Promise<ReadonlyMap<string, readonly KeptRelation[]>>
  names(ids: readonly string[]): Promise<ReadonlyMap<string, readonly KeptName[]>>
}

/** In the order given; undefined for a statement whose item is gone. */
export function resolveStatements(
  kept: readonly KeptStatement[],
  around: Surroundings,
): (SourcedStatement | undefined)[] {
  if (kept.length === 0) return []
  const relations = around.relations(idsOf(kept))
  const standing = around.standing(itemsAround(kept, relations))
  const names = around.names(namedAround(kept, relations))
  const further = markingsOf(names)
  return resolvedWith(kept, {
    relations,
    standing,
    names: further.length === 0 ? names : new Map([...names, ...around.names(further)]),
  })
}

/** The same, of a driver that is asynchronous. */
export async function resolveStatementsLater(
  kept: readonly KeptStatement[],
  around: SurroundingsLater,
): Promise<(SourcedStatement | undefined)[]> {
  if (kept.length === 0) return []
  const relations = await around.relations(idsOf(kept))
  const standing = await around.standing(itemsAround(kept, relations))
  const names = await around.names(namedAround(kept, relations))
  const further = markingsOf(names)
  return resolvedWith(kept, {
    relations,
    standing,
    names: further.length === 0 ? names : new Map([...names, ...(await around.names(further))]),
  })
}

type Answers = Pick<Found, 'relations' | 'standing' | 'names'>

function resolvedWith(kept: readonly KeptStatement[], answers: Answers): (SourcedStatement | undefined)[] {
  const found = { ...answers, nameOf: nameFinder(answers.names), related: new Map() }
  return kept.map((one) => resolved(one, found))
}

function idsOf(kept: readonly KeptStatement[]): readonly string[] {
  return distinct(kept.map(({ statement }) => statement.id))
}

function itemsAround(kept: readonly KeptStatement[], relations: Answers['relations']): readonly string[] {
  const asked = [...relations.values()].flat()
  return distinct([...kept.map(({ itemId }) => itemId), ...asked.flatMap(({ itemId, to }) => [itemId, to])])
}

function namedAround(kept: readonly KeptStatement[], relations: Answers['relations']): readonly string[] {
  const asked = [...relations.values()].flat()
  return distinct([
    ...asked.flatMap(({ to, markingRefs = [] }) => [to, ...markingRefs]),
    ...kept.flatMap(({ statement: { markingRefs, createdBy = [] } }) => markingRefs.concat(createdBy)),
  ])
}

/** What those are marked with, as far as it was not asked for. */
function markingsOf(names: Answers['names']): readonly string[] {
  const refs = [...names.values()].flat().flatMap(({ markingRefs = [] }) => markingRefs)
  return distinct(refs).filter((id) => !names.has(id))
}

interface Found {
  readonly relations: ReadonlyMap<string, readonly KeptRelation[]>
  readonly standing: ReadonlyMap<string, Standing>
  readonly names: ReadonlyMap<string, readonly KeptName[]>
  /** The name of an id to a source. */
  readonly nameOf: (id: string, source: string) => KeptName | undefined
  /** What was found out already: many statements may have one id. */
  readonly related: Map<string, readonly RelatedThing[]>
}

function nameFinder(names: Found['names']): Found['nameOf'] {
  const known = new Map<string, KeptName | undefined>()
  return (id, source) => {
    const asked = `${source}\n${id}`
    if (!known.has(asked)) known.set(asked, newest(nearest(names.get(id) ?? [], source)))
    return known.get(asked)
  }
}

/** The version that came at this moment; undefined when it is not there (any more). */
export function versionAt(standing: Standing, collection: number, added: number): StandingVersion | undefined {
  const { versions } = standing
  if (versions.length < 8) return versions.find((one) => one.collection === collection && one.added === added)
  return orderOf(standing).byPlace.get(`${collection} ${added}`)
}

/** Versions of one id so that each is compared with the rest at once: a feed may send very many. */
interface VersionOrder {
  readonly byPlace: ReadonlyMap<string, StandingVersion>
  /** Latest time by source, and latest `added` by collection and time. */
  readonly latest: ReadonlyMap<string, string>
  readonly lastAdded: ReadonlyMap<string, number>
}

const orders = new WeakMap<Standing, VersionOrder>()

function orderOf(standing: Standing): VersionOrder {
  const known = orders.get(standing)
  if (known) return known
  const byPlace = new Map<string, StandingVersion>()
  const latest = new Map<string, string>()
  const lastAdded = new Map<string, number>()
  for (const version of standing.versions) {
    const { source, collection, added } = version
    const time = timestampKey(version.version) ?? ''
    const beside = `${collection} ${time}`
    byPlace.set(`${collection} ${added}`, version)
    if (time >= (latest.get(source) ?? '')) latest.set(source, time)
    if (added >= (lastAdded.get(beside) ?? 0)) lastAdded.set(beside, added)
  }
  const order = { byPlace, latest, lastAdded }
  orders.set(standing, order)
  return order
}

function resolved(kept: KeptStatement, found: Found): SourcedStatement | undefined {
  const { statement, source, key, itemId, added, collection } = kept
  const standing = found.standing.get(itemId)
  const own = standing && versionAt(standing, collection, added)
  if (!own) return undefined
  const tlp = found.names.size === 0 ? statement.tlp : markedTlp(kept, found)
  const made: Made = {
    ...statement,
    revoked: statement.revoked || standing.revokedBy.has(source.id),
    source,
    key,
    itemId,
    itemVersion: own.version,
    addedAt: fromEpochMicroseconds(BigInt(added)),
    superseded: isSuperseded(own, standing),
    vanished: standing.vanishedFrom.has(collection),
    sound: kept.sound,
    relatedTo: relatedTo(kept, found),
  }
  const createdByName =
    statement.createdBy === undefined ? undefined : found.nameOf(statement.createdBy, source.id)?.name
  if (kept.description !== undefined) made.description = kept.description
  if (tlp !== undefined) made.tlp = tlp
  if (kept.original !== undefined) made.original = kept.original
  if (createdByName !== undefined) made.createdByName = createdByName
  return made
}

type Made = { -readonly [Name in keyof SourcedStatement]: SourcedStatement[Name] }

/** By a version of the same source that is later by its time; where times say nothing, by one stored later beside it. */
function isSuperseded(own: StandingVersion, standing: Standing): boolean {
  if (standing.versions.length === 1) return false
  const { latest, lastAdded } = orderOf(standing)
  const time = timestampKey(own.version) ?? ''
  return (latest.get(own.source) ?? '') > time || (lastAdded.get(`${own.collection} ${time}`) ?? 0) > own.added
}

function markedTlp({ statement, source }: KeptStatement, { names }: Found): Tlp | undefined {
  return strictest([statement.tlp, definedTlp(statement.markingRefs, source.id, names)])
}

function definedTlp(refs: readonly string[] | undefined, source: string, names: Found['names']): Tlp | undefined {
  return refs && strictest(refs.map((id) => tlpOf(names.get(id) ?? [], source)))
}

function relatedTo({ statement, source }: KeptStatement, found: Found): readonly RelatedThing[] {
  const all = found.relations.get(statement.id)
  if (all === undefined) return unrelated
  const asked = `${source.id}\n${statement.id}`
  const known = found.related.get(asked)
  if (known) return known
  const current = all.filter((relation) => isCurrent(relation, found.standing.get(relation.itemId)))
  const things = nearest(current, source.id).flatMap(({ to, ...relation }): RelatedThing[] => {
    const target = found.nameOf(to, source.id)
    const isWithdrawn = target && found.standing.get(to)?.revokedBy.has(target.source)
    if (target === undefined || isWithdrawn || notThreats.has(target.type)) return []
    const marks = [relation, target].flatMap(({ tlp, markingRefs }) => [
      tlp,
      definedTlp(markingRefs, source.id, found.names),
    ])
    const tlp = strictest(marks)
    return [{ relation: relation.type, type: target.type, name: target.name, ...(tlp !== undefined && { tlp }) }]
  })
  const distinctThings = new Map<string, RelatedThing>()
  for (const thing of things) {
    const name = `${thing.name}\n${thing.type}\n${thing.relation}`
    const same = distinctThings.get(name)
    // What may be said in one way may be said.
    if (!same || strictest([same.tlp, thing.tlp]) !== thing.tlp) distinctThings.set(name, thing)
  }
  const related = [...distinctThings.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, thing]) => thing)
  found.related.set(asked, related)
  return related
}

const unrelated: readonly RelatedThing[] = []
const notThreats: ReadonlySet<string> = new Set(['identity', 'marking-definition'])

function isCurrent(relation: KeptRelation, standing: Standing | undefined): boolean {
  const own = standing && versionAt(standing, relation.collection, relation.added)
  if (!own) return false
  return (
    !standing.revokedBy.has(relation.source) &&
    !standing.vanishedFrom.has(relation.collection) &&
    !isSuperseded(own, standing)
  )
}

/** What the source itself says, else what any other does. */
function nearest<Said extends { readonly source: string }>(said: readonly Said[], source: string): readonly Said[] {
  const own = said.filter((one) => one.source === source)
  return own.length > 0 ? own : said
}

function newest(names: readonly KeptName[]): KeptName | undefined {
  return names.reduce<KeptName | undefined>((best, name) => (best && best.added >= name.added ? best : name), undefined)
}

/** A definition cannot change its meaning; where several are stored, the strictest counts. */
function tlpOf(names: readonly KeptName[], source: string): Tlp | undefined {
  return strictest(nearest(names, source).map(({ tlp }) => tlp))
}

/** The strictest of some levels, undefined when there is none. */
export function strictest(levels: readonly (Tlp | undefined)[]): Tlp | undefined {
  return levels.reduce(
    (sum, level) =>
      level !== undefined && (sum === undefined || tlpLevels.indexOf(level) > tlpLevels.indexOf(sum)) ? level : sum,
    undefined,
  )
}

function distinct(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)]
}
