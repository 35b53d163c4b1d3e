import type { ContentBlock, Item, StixObject } from '../../src/stix/item.ts'
import type { NamedObject, Reading, Relation, Statement, Value } from '../../src/stix/statement.ts'
import type { ReadItem } from '../../src/store/index-reading.ts'
import { aBlock, anObject } from './items.ts'

/** Items that carry what they say as plain JSON, for tests of what is done with statements wherever they come from. */

export interface Said {
  readonly statements?: readonly Statement[] | undefined
  readonly relations?: readonly Relation[] | undefined
  readonly named?: readonly NamedObject[] | undefined
}

/** A statement of an indicator about one domain; what `more` says takes its place. */
export function aStatement(
  id: string,
  more: Partial<Statement> & { readonly about?: readonly Value[] } = {},
): Statement {
  const { about = [{ kind: 'domain', value: 'bad.example' }], ...rest } = more
  return {
    id,
    role: 'indicator',
    values: about.map((value) => ({ ...value, sound: true })),
    labels: [],
    killChainPhases: [],
    revoked: false,
    markingRefs: [],
    unused: [],
    ...rest,
  }
}

/** An object that says this. */
export function saying(said: Said, properties: Parameters<typeof anObject>[0] = {}): StixObject {
  return anObject({ ...properties, x_said: said })
}

/** An indicator that makes one statement under its own id. */
export function anIndicatorSaying(
  more: Parameters<typeof aStatement>[1] = {},
  properties: Parameters<typeof anObject>[0] = {},
): StixObject {
  const { id, version, revoked } = anObject(properties)
  const statement = aStatement(id, { modified: version, revoked, ...more })
  return saying({ statements: [statement] }, { ...properties, id, modified: version })
}

export function aBlockSaying(said: Said): ContentBlock {
  return aBlock(JSON.stringify({ x_said: said }))
}

/** Reads what `saying` and `aBlockSaying` wrote; everything else says nothing. */
export const readSaid: ReadItem = (item: Item): Reading => {
  const text = item.raw.toString()
  const said = text.includes('"x_said"') ? (JSON.parse(text) as { x_said: Said }).x_said : {}
  const { statements = [], relations = [], named = [] } = said
  return { statements, relations, named, losses: [] }
}

export const loadSaid = (): Promise<ReadItem> => Promise.resolve(readSaid)
