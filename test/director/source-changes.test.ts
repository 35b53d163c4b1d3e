import { expect, test } from 'vitest'
import { createSource, deleteSource, editSource, type ChangeParts } from '../../src/director/source-changes.ts'
import { readListedSource } from '../../src/director/read-sources.ts'
import type { ListedSource } from '../../src/director/enrichment-source.ts'
import { Secret } from '../../src/core/secret.ts'
import { answer, type SeenRequest, type Step } from '../faults/fault-server.ts'
import { aDirector, anOrder, aSource, aWireSource, json, lp1, success, type OpenedDirector } from './a-director.ts'

const id = '5d8b2a522be2374b84949c82'
const otherId = '5d8b2a522be2374b84949c83'
const done = json({ response: { success: true, message: 'Done.' } })

interface Scene {
  /** What the list shows before and after the write was sent. */
  readonly before?: readonly unknown[]
  readonly after?: readonly unknown[]
  /** To the write. */
  readonly write?: Step
  /** To reading the write's order. */
  readonly order?: Step
  /** To refreshing the list, which is needed for it to show what is after. */
  readonly refresh?: Step
}

const refreshOrder = anOrder.replace('5d8b2a52', 'aaaaaaaa')

/** A Director with one source at most; its list is stale until it was refreshed. */
function scene({ before = [], after = [], write, order = done, refresh }: Scene) {
  let written = false
  let refreshed = false
  return ({ method, target }: SeenRequest): readonly Step[] => {
    if (target.endsWith('refreshlist')) {
      refreshed = refreshed || (written && refresh === undefined)
      return [refresh ?? success(refreshOrder)]
    }
    if (target === `/${refreshOrder}`) return [done]
    if (target === `/${anOrder}`) return [order]
    if (target.endsWith('Ti_stixtaxii')) return [json(refreshed ? after : before)]
    if (method === 'GET') return [answer({ status: 404 })]
    written = true
    return [write ?? success(`/${anOrder}`)]
  }
}

const partsOf = ({ client, clock }: OpenedDirector, more: Partial<ChangeParts> = {}): ChangeParts => ({
  client,
  clock,
  random: () => 0.5,
  timeoutMs: 30_000,
  ...more,
})

const callsOf = ({ server }: OpenedDirector): readonly string[] =>
  server.requests.map(({ method, target }) => `${method} ${target.split('/').at(-1)}`)

const listed = (changes: Readonly<Record<string, unknown>> = {}): ListedSource =>
  readListedSource(aWireSource(changes)) as ListedSource

test('creates a source, waits, refreshes the list and finds the new one by what was there before', async () => {
  const after = [aWireSource({ id: otherId }), aWireSource()]
  await using director = await aDirector(scene({ before: [aWireSource({ id: otherId })], after }))

  const change = await createSource(lp1, { source: aSource() }, partsOf(director))

  expect(change).toEqual({
    state: 'done',
    order: anOrder,
    id,
    differences: [],
    notComparable: ['begin.unit', 'certificate.location'],
  })
  expect(callsOf(director)).toEqual([
    'GET Ti_stixtaxii',
    'POST StixTaxiiEnrichmentSource',
    `GET ${anOrder.split('/').at(-1)}`,
    'POST refreshlist',
    `GET ${refreshOrder.split('/').at(-1)}`,
    'GET Ti_stixtaxii',
  ])
})

test('shows where the source that was found differs from what was asked for, and no secret', async () => {
  const basic = { basic_auth_status: true, username: 'guest', password: 'canaryOther' }
  const after = [aWireSource({ begin: '30', st_enable_source: 'False', basic_auth_mode: basic })]
  await using director = await aDirector(scene({ after }))

  const change = await createSource(lp1, { source: aSource() }, partsOf(director))

  expect(change.differences).toEqual([
    { field: 'enabled', asked: 'true', found: 'false' },
    { field: 'begin', asked: '20', found: '30' },
    { field: 'basic.password', asked: '***', found: '***' },
  ])
  expect(JSON.stringify(change)).not.toContain('canary')
})

test('with --no-wait gives the order back and reads nothing', async () => {
  await using director = await aDirector(scene({}))
  const seen: string[] = []

  const onOrder = (order: string): void => void seen.push(order)
  const change = await createSource(lp1, { source: aSource() }, partsOf(director, { wait: false, onOrder }))

  expect(change).toMatchObject({ state: 'pending', order: anOrder })
  expect(seen).toEqual([anOrder])
  expect(callsOf(director)).toEqual(['POST StixTaxiiEnrichmentSource'])
})

test('with --no-verify believes the order', async () => {
  await using director = await aDirector(scene({}))

  const change = await deleteSource(lp1, id, partsOf(director, { verify: false }))

  expect(change).toMatchObject({ state: 'done', order: anOrder })
  expect(director.server.requests).toHaveLength(2)
})

test('D2, section 11 row 13: an order that is not finished in time is pending, and nothing is repeated', async () => {
  await using director = await aDirector(scene({ order: json({}) }))

  const change = await editSource(lp1, { id, source: aSource() }, partsOf(director))

  expect(change).toMatchObject({ state: 'pending', order: anOrder })
  expect(director.server.requests.filter(({ method }) => method !== 'GET')).toHaveLength(1)
})

test('section 11 row 12: an order that failed is an error with its reasons', async () => {
  const order = json({ response: { success: false, errors: ['begin_unit is odd', { message: 'port is odd' }] } })
  await using director = await aDirector(scene({ order }))

  await expect(createSource(lp1, { source: aSource() }, partsOf(director))).rejects.toMatchObject({
    code: 'DIRECTOR_ORDER_FAILED',
    kind: 'remote',
    message: 'Director could not do it: begin_unit is odd; port is odd',
  })
})

const unreadable = [
  ['whose order cannot be read', { order: json({ error: 'Invalid user id' }, 400) }],
  ['whose order has braces', { write: success('/monitorapi/{pool_UUID}/{logpoint_identifier}/orders/{request_id}') }],
  ['whose order is on another host', { write: success('https://elsewhere.example/monitorapi/a/b/orders/c') }],
  ['whose order vanishes', { order: json({ error: 'unknown' }, 404) }],
] as const

test.each(unreadable)('D1: an accepted create %s is done when the list shows it', async (_what, faults) => {
  await using director = await aDirector(scene({ after: [aWireSource()], ...faults }))

  const change = await createSource(lp1, { source: aSource() }, partsOf(director))

  expect(change).toMatchObject({ state: 'done', id })
})

test.each(unreadable)('an accepted create %s is unverified when the list does not show it', async (_what, faults) => {
  await using director = await aDirector(scene(faults))

  const change = await createSource(lp1, { source: aSource() }, partsOf(director))

  expect(change).toMatchObject({
    state: 'unverified',
    reason: expect.stringContaining('the list does not show it yet'),
  })
  expect(change.id).toBeUndefined()
})

const badOrder = json({ error: 'Invalid user id' }, 400)

test('an accepted edit whose order cannot be read is done only if the list differed before and does not now', async () => {
  const before = listed({ begin: 99 })
  const scenes = { order: badOrder, before: [aWireSource({ begin: 99 })], after: [aWireSource()] }
  await using seen = await aDirector(scene(scenes))
  await using unseen = await aDirector(scene(scenes))
  await using same = await aDirector(scene({ ...scenes, after: scenes.before }))

  const told = await editSource(lp1, { id, source: aSource(), before }, partsOf(seen))
  const untold = await editSource(lp1, { id, source: aSource() }, partsOf(unseen))
  const unchanged = await editSource(lp1, { id, source: aSource(), before }, partsOf(same))

  expect(told).toMatchObject({ state: 'done', id, differences: [] })
  expect(untold).toMatchObject({ state: 'unverified', reason: expect.stringContaining('cannot show what was changed') })
  expect(unchanged).toMatchObject({ state: 'unverified', differences: [{ field: 'begin', asked: '20', found: '99' }] })
})

test('an edit whose order succeeded is done, also when the list cannot show what was changed', async () => {
  await using director = await aDirector(scene({ before: [aWireSource()], after: [aWireSource()] }))

  const source = aSource({ begin: { count: 20, unit: 'Months' } })
  const change = await editSource(lp1, { id, source, before: listed() }, partsOf(director))

  expect(change).toMatchObject({ state: 'done', id, differences: [] })
  expect(change.reason).toBeUndefined()
  expect(change.notComparable).toContain('begin.unit')
})

test('an accepted delete whose order cannot be read is done when the list shows the source no more', async () => {
  await using gone = await aDirector(scene({ order: badOrder, before: [aWireSource()], after: [] }))
  await using there = await aDirector(scene({ order: badOrder, before: [aWireSource()], after: [aWireSource()] }))

  expect(await deleteSource(lp1, id, partsOf(gone))).toMatchObject({ state: 'done', id })
  expect(await deleteSource(lp1, id, partsOf(there))).toMatchObject({ state: 'unverified', id })
})

test('D1: a create whose answer was lost is never sent again, and done when the list shows it', async () => {
  await using director = await aDirector(scene({ write: { do: 'reset' }, after: [aWireSource()] }))

  const change = await createSource(lp1, { source: aSource() }, partsOf(director))

  const reason = expect.stringContaining("Director's answer was lost") as string
  expect(change).toMatchObject({ state: 'done', id, reason })
  expect(callsOf(director).filter((call) => call === 'POST StixTaxiiEnrichmentSource')).toHaveLength(1)
})

test('D1: a create whose answer was lost stays unknown when the list does not show it', async () => {
  await using director = await aDirector(scene({ write: { do: 'reset' } }))

  await expect(createSource(lp1, { source: aSource() }, partsOf(director))).rejects.toMatchObject({
    code: 'DIRECTOR_OUTCOME_UNKNOWN',
    kind: 'pending',
  })
  expect(callsOf(director).filter((call) => call === 'POST StixTaxiiEnrichmentSource')).toHaveLength(1)
})

test('two new sources with the same address and user are told apart by the rest, or not at all', async () => {
  const other = aWireSource({ id: otherId, begin: 3 })
  await using apart = await aDirector(scene({ after: [other, aWireSource()] }))
  await using alike = await aDirector(scene({ after: [aWireSource({ id: otherId }), aWireSource()] }))

  expect(await createSource(lp1, { source: aSource() }, partsOf(apart))).toMatchObject({ state: 'done', id })
  const change = await createSource(lp1, { source: aSource() }, partsOf(alike))
  expect(change).toMatchObject({ state: 'unverified', reason: expect.stringContaining(`${otherId}, ${id}`) })
  expect(change.id).toBeUndefined()
})

test('a list that could not be refreshed is said to be perhaps stale', async () => {
  await using director = await aDirector(scene({ refresh: json({ message: 'co-managed' }, 400) }))

  const change = await createSource(lp1, { source: aSource() }, partsOf(director))

  expect(change).toMatchObject({ state: 'done', reason: expect.stringContaining('could not be refreshed') })
})

test('a token that dies while the change is followed ends as auth', async () => {
  await using director = await aDirector(scene({ refresh: json({ message: 'Token expired' }, 401) }))

  await expect(createSource(lp1, { source: aSource() }, partsOf(director))).rejects.toMatchObject({ kind: 'auth' })
})

test('D11: a masked secret in the list is not comparable, and no difference', async () => {
  const masked = { basic_auth_status: true, username: 'guest', password: '********' }
  await using director = await aDirector(scene({ after: [aWireSource({ basic_auth_mode: masked })] }))

  const source = aSource({ basic: { use: true, username: 'guest', password: new Secret('canaryPassword') } })
  const change = await createSource(lp1, { source }, partsOf(director))

  expect(change.differences).toEqual([])
  expect(change.notComparable).toContain('basic.password')
})
