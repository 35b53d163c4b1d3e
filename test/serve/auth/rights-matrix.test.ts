import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  envelope,
  faceOf,
  media,
  newId,
  openRightsWorld,
  rightsOfVisitor,
  type Ask,
  type Place,
  type RightsWorld,
  type Visitor,
} from './a-rights-world.ts'
import { endpoints1, in10, in11, knock1, outcomeOf } from './rights-endpoints1.ts'
import { endpoints2, expectedStatus, knock2 } from './rights-endpoints2.ts'

let world: RightsWorld
let ask: Ask
let visitors: readonly Visitor[] = []
let places: readonly Place[] = []
let cells = 0
const accepted = new Map<Place, string[]>()
const refusedIds = new Map<Place, string[]>()

beforeAll(async () => {
  world = await openRightsWorld()
  ;({ ask, visitors, places } = world)
})

afterAll(() => world.close())

describe('S18 what each may do in each collection: TAXII 2', () => {
  it.each([...Array(6).keys()])(
    'is what their rights say, in collection %i, for every endpoint, by id and alias',
    { timeout: 60_000 },
    async (at) => {
      const place = places[at] as Place
      const wrong: unknown[] = []
      for (const visitor of visitors) {
        for (const endpoint of endpoints2) {
          for (const key of place.alias === undefined ? [place.id] : [place.id, place.alias]) {
            const id = newId()
            const answer = await knock2(ask, visitor, endpoint, key, place, id)
            const expected = expectedStatus(visitor, place, endpoint)
            cells++
            if (answer.status !== expected)
              wrong.push([visitor.who, place.what, endpoint.version, endpoint.name, answer.status, expected])
            if ((answer.status === 401) !== (answer.challenges !== ''))
              wrong.push([visitor.who, endpoint.name, 'challenge'])
            if (endpoint.needs === 'write') note(expected === 202 ? accepted : refusedIds, place, id)
            if (endpoint.needs === 'delete' && answer.status === 200) await refill(place)
            if (expected !== 404 && expected !== 401) continue
            const unknown = await knock2(
              ask,
              visitor,
              endpoint,
              key === place.id ? randomUUID() : 'no-such-alias',
              place,
              id,
            )
            if (
              expected === 401 &&
              visitor.kind === 'anonymous' &&
              answer.status === 401 &&
              rightsOfVisitor(visitor, place, 2).write
            )
              continue
            if (JSON.stringify(faceOf(unknown)) !== JSON.stringify(faceOf(answer)) && !isSeen(visitor, place)) {
              wrong.push([
                visitor.who,
                place.what,
                endpoint.version,
                endpoint.name,
                'can be told from unknown',
                faceOf(answer),
                faceOf(unknown),
              ])
            }
          }
        }
      }
      expect(wrong.map((each) => JSON.stringify(each))).toEqual([])
    },
  )

  it('leaves what was refused unstored, and has what was accepted', async () => {
    const admin = visitors.find(({ who }) => who === 'admin') as Visitor
    for (const place of places) {
      const { text } = await ask(
        admin,
        'GET',
        `/default/collections/${place.id}/objects/?limit=1000&match[spec_version]=2.0,2.1`,
      )
      const there = new Set(((JSON.parse(text) as { objects?: { id: string }[] }).objects ?? []).map(({ id }) => id))
      expect((refusedIds.get(place) ?? []).filter((id) => there.has(id))).toEqual([])
      expect((accepted.get(place) ?? []).filter((id) => !there.has(id))).toEqual([])
    }
    expect([...accepted.values()].flat().length).toBeGreaterThan(40)
    expect([...refusedIds.values()].flat().length).toBeGreaterThan(80)
  })

  it('lists each collection to those who may read or write it, with what they may', async () => {
    const wrong: unknown[] = []
    for (const visitor of visitors) {
      for (const version of ['2.1', '2.0'] as const) {
        const { status, text } = await ask(visitor, 'GET', '/default/collections/', {
          headers: { accept: media[version] },
        })
        const listed = status === 200 ? ((JSON.parse(text) as { collections?: Listed[] }).collections ?? []) : []
        for (const place of places) {
          const { read, write } = rightsOfVisitor(visitor, place, 2)
          const found = listed.find(({ id }) => id === place.id)
          const told = found && { read: found.can_read, write: found.can_write }
          cells++
          const expected = read || write ? { read, write } : undefined
          if (JSON.stringify(told) !== JSON.stringify(expected))
            wrong.push([visitor.who, version, place.what, told, expected])
        }
        if (listed.some(({ id }) => !places.some((place) => place.id === id)))
          wrong.push([visitor.who, 'more than there is'])
      }
    }
    expect(wrong.map((each) => JSON.stringify(each))).toEqual([])
  })

  it('shows a job to who posted it, and to administrators', async () => {
    for (const visitor of visitors) {
      for (const accept of Object.values(media)) {
        const { status } = await ask(visitor, 'GET', `/default/status/${world.jobId}/`, { headers: { accept } })
        cells++
        const mayKnow = ['both', 'both with a token', 'admin'].includes(visitor.who)
        const expected = mayKnow ? 200 : visitor.kind === 'account' ? 404 : 401
        expect([visitor.who, status]).toEqual([visitor.who, expected])
      }
    }
  })
})

interface Listed {
  readonly id: string
  readonly can_read: boolean
  readonly can_write: boolean
}

function isSeen(visitor: Visitor, place: Place): boolean {
  const { read, write } = rightsOfVisitor(visitor, place, 2)
  return read || write
}

function note(ids: Map<Place, string[]>, place: Place, id: string): void {
  ids.set(place, [...(ids.get(place) ?? []), id])
}

async function refill(place: Place): Promise<void> {
  const admin = visitors.find(({ who }) => who === 'admin') as Visitor
  await ask(admin, 'POST', `/default/collections/${place.id}/objects/`, { body: envelope(place.objectId) })
}

describe('S18 what each may do in each collection: TAXII 1', () => {
  it.each([...Array(6).keys()])(
    'is what their rights say, in collection %i, for every message',
    { timeout: 60_000 },
    async (at) => {
      const place = places[at] as Place
      const wrong: unknown[] = []
      for (const visitor of visitors) {
        const { read, write } = rightsOfVisitor(visitor, place, 1)
        for (const endpoint of endpoints1) {
          const answer = await knock1(ask, visitor, endpoint, endpoint.body(place.name))
          const isDone = outcomeOf(answer) === 'done'
          const expected = { read, write, subscribe: read && visitor.kind === 'account' }[endpoint.needs]
          cells++
          const told = [visitor.who, place.what, endpoint.version, endpoint.name]
          if (isDone !== expected) wrong.push([...told, outcomeOf(answer), expected])
          if (visitor.kind === 'refused' && outcomeOf(answer) !== 'UNAUTHORIZED')
            wrong.push([...told, outcomeOf(answer)])
          if (read || write) continue
          const unknown = await knock1(
            ask,
            visitor,
            endpoint,
            endpoint.body(`no such ${place.name}`.slice(0, place.name.length)),
          )
          if (JSON.stringify(faceOf(unknown)) !== JSON.stringify(faceOf(answer))) {
            wrong.push([...told, 'can be told from unknown', faceOf(answer), faceOf(unknown)])
          }
        }
      }
      expect(wrong.map((each) => JSON.stringify(each))).toEqual([])
    },
  )

  it('lists each collection to those who may read or write it', async () => {
    const wrong: unknown[] = []
    for (const visitor of visitors) {
      for (const version of ['1.1', '1.0'] as const) {
        const request =
          version === '1.1' ? in11('Collection_Information_Request', '') : in10('Feed_Information_Request', '')
        const { text } = await knock1(ask, visitor, { version, service: 'collection-management' }, request)
        for (const place of places) {
          const { read, write } = rightsOfVisitor(visitor, place, 1)
          const isListed = text.includes(`"${place.name}"`)
          cells++
          // In 1.0 there is nothing to be done with a feed that cannot be read.
          const expected = version === '1.0' ? [read, read || write] : [read || write]
          if (!expected.includes(isListed)) wrong.push([visitor.who, version, place.what, isListed])
        }
      }
    }
    expect(wrong.map((each) => JSON.stringify(each))).toEqual([])
  })
})

it('S18 has more than 500 cells', () => {
  expect(cells).toBeGreaterThan(500)
})
