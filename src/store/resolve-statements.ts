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
}

export interface KeptName {
  readonly type: string
  readonly name: string
  readonly tlp?: Tlp | undefined
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

/** In the order given; a statement whose item is gone is left out. */
export function resolveStatements(
  kept: readonly KeptStatement[],
  around: Surroundings,
): (SourcedStatement | undefined)[] {
  if (kept.length === 0) return []
  const relations = around.relations(distinct(kept.map(({ statement }) => statement.id)))
  const asked = [...relations.values()].flat()
  const standing = around.standing(
    distinct([...kept.map(({ itemId }) => itemId), ...asked.map(({ itemId }) => itemId)]),
  )
  const names = around.names(
    distinct([
      ...asked.map(({ to }) => to),
      ...kept.flatMap(({ statement }) => [...statement.markingRefs, statement.createdBy ?? '']),
    ]),
  )
  return kept.map((one) => resolved(one, { relations, standing, names }))
}

interface Found {
  readonly relations: ReadonlyMap<string, readonly KeptRelation[]>
  readonly standing: ReadonlyMap<string, Standing>
  readonly names: ReadonlyMap<string, readonly KeptName[]>
}

function resolved(kept: KeptStatement, found: Found): SourcedStatement | undefined {
  const { statement, source, key, itemId, added, collection } = kept
  const standing = found.standing.get(itemId)
  const own = standing?.versions.find((version) => version.collection === collection && version.added === added)
  if (!standing || !own) return undefined
  const nameOf = (id: string) => newest(nearest(found.names.get(id) ?? [], source.id))
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
    relatedTo: relatedTo(kept, found, nameOf),
  }
  const createdByName = statement.createdBy === undefined ? undefined : nameOf(statement.createdBy)?.name
  if (kept.description !== undefined) made.description = kept.description
  if (tlp !== undefined) made.tlp = tlp
  if (kept.original !== undefined) made.original = kept.original
  if (createdByName !== undefined) made.createdByName = createdByName
  return made
}

type Made = { -readonly [Name in keyof SourcedStatement]: SourcedStatement[Name] }

/** By a version of the same source that is later by its time; where times say nothing, by one stored later beside it. */
function isSuperseded(own: StandingVersion, { versions }: Standing): boolean {
  if (versions.length === 1) return false
  const ownTime = timestampKey(own.version) ?? ''
  return versions.some((other) => {
    if (other.source !== own.source || other === own) return false
    const time = timestampKey(other.version) ?? ''
    return time > ownTime || (time === ownTime && other.collection === own.collection && other.added > own.added)
  })
}

function markedTlp({ statement, source }: KeptStatement, { names }: Found): Tlp | undefined {
  return strictest([statement.tlp, ...statement.markingRefs.map((id) => tlpOf(names.get(id) ?? [], source.id))])
}

function relatedTo(
  { statement, source }: KeptStatement,
  { relations, standing }: Found,
  nameOf: (id: string) => KeptName | undefined,
): readonly RelatedThing[] {
  const all = relations.get(statement.id)
  if (all === undefined) return unrelated
  const current = all.filter((relation) => isCurrent(relation, standing.get(relation.itemId)))
  const things = nearest(current, source.id).flatMap(({ type: relation, to }): RelatedThing[] => {
    const target = nameOf(to)
    return target === undefined || notThreats.has(target.type)
      ? []
      : [{ relation, type: target.type, name: target.name }]
  })
  const distinctThings = new Map(things.map((thing) => [`${thing.name}\n${thing.type}\n${thing.relation}`, thing]))
  return [...distinctThings.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, thing]) => thing)
}

const unrelated: readonly RelatedThing[] = []
const notThreats: ReadonlySet<string> = new Set(['identity', 'marking-definition'])

function isCurrent(relation: KeptRelation, standing: Standing | undefined): boolean {
  const own = standing?.versions.find(
    ({ collection, added }) => collection === relation.collection && added === relation.added,
  )
  if (!standing || !own) return false
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
  return [...new Set(ids)].filter((id) => id !== '')
}
