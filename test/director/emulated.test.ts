import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import type { DirectorClient } from '../../src/director/client.ts'
import { completeEdit } from '../../src/director/complete-edit.ts'
import { createDirectorClient } from '../../src/director/open-client.ts'
import { createSource, deleteSource, editSource, type ChangeParts } from '../../src/director/source-changes.ts'
import { startDirectorEmulator, type DirectorEmulator } from '../../src/simulate/director/emulator.ts'
import type { DirectorFaults } from '../../src/simulate/director/faults.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import { anHttp } from '../http/an-http.ts'
import { aSource, lp1, acme, token } from './a-director.ts'

interface Emulated extends AsyncDisposable {
  readonly emulator: DirectorEmulator
  readonly client: DirectorClient
  readonly clock: FakeClock
  readonly parts: ChangeParts
  /** How often a call was made. */
  times(call: string): number
}

async function emulated(faults: DirectorFaults = {}): Promise<Emulated> {
  const pools = [{ id: acme.id, logpoints: [{ id: lp1.id }] }]
  const emulator = await startDirectorEmulator({ plugin: 'StixTaxii_6.1.0.pak', token, pools })
  emulator.setFaults(faults)
  const authentication = { scheme: 'bearer', token: new Secret(token) } as const
  const access = [{ origin: new URL(emulator.url).origin, pathPrefix: '/', authentication, headers: [] }]
  const opened = anHttp(emulator.url, { access, retry: { maxRetries: 3 } })
  const { http, clock } = opened
  const client = createDirectorClient({ http, url: new URL(emulator.url), clock, notices: () => undefined })
  return {
    emulator,
    client,
    clock,
    parts: { client, clock, random: () => 0.5, timeoutMs: 30_000 },
    times: (call) => emulator.requests.filter((request) => request.call === call).length,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]()
      await emulator.close()
    },
  }
}

const table: readonly (readonly [string, DirectorFaults])[] = [
  ['as documented', {}],
  ['with stale lists', { staleLists: true }],
  ...(['leading-slash', 'no-slash', 'extra-segment', 'own-host'] as const).map(
    (orderPath) => [`with orders ${orderPath}`, { orderPath }] as const,
  ),
  ...(['other-host', 'braces', 'dots'] as const).map(
    (orderPath) => [`with orders that cannot be asked for (${orderPath}), verified by listing`, { orderPath }] as const,
  ),
  ...(['no-verdict', 'empty-object', 'empty-body', 'accepted'] as const).map(
    (as) => [`with orders that are pending at first (${as})`, { order: { kind: 'pending', times: 2, as } }] as const,
  ),
  ['with orders that are not found at first', { order: { kind: 'not-found-first', times: 3 } }],
  ['with errors between', { order: { kind: 'errors-between', times: 2 } }],
  ['with orders that cannot be read, verified by listing', { order: { kind: 'unreadable' } }],
  ['with orders that echo what was sent', { orderEchoes: true }],
  ['with verdicts as texts', { orderVerdict: 'text' }],
  ['with verdicts as states', { orderVerdict: 'status' }],
  ['with Python in its lists', { lists: { pythonWords: true, trailingCommas: true } }],
  ['with nested files', { lists: { files: 'nested' } }],
  ['with texts for numbers and booleans', { lists: { numbersAsText: true, booleans: 'capital-text' } }],
  ['with numbers for booleans', { lists: { booleans: 'number', unknownKeys: true } }],
  ...(['data', 'results', 'message'] as const).map(
    (wrapped) => [`with lists under ${wrapped}`, { lists: { wrapped } }] as const,
  ),
  ['that asks to wait', { tooMany: { times: 2, retryAfter: 2 } }],
  ['that repeats a masked secret (D11)', { lists: { secrets: 'masked' } }],
]

describe('a source over its whole life at an emulated Director', () => {
  test.each(table)('%s', async (_what, faults) => {
    await using director = await emulated(faults)
    const { client, parts, emulator } = director
    const stored = () => emulator.fabric.pools[acme.id]?.logpoints[lp1.id]?.sources ?? []

    const created = await createSource(lp1, { source: aSource() }, parts)
    expect(created).toMatchObject({ state: 'done', differences: [] })
    expect(stored().map(({ id }) => id)).toEqual([created.id])

    const [before] = await client.sources.list(lp1)
    if (before === undefined) throw new TypeError('not listed')
    const known = {
      begin: aSource().begin,
      certificate: aSource().certificate,
      password: aSource().basic.password,
      keyPassphrase: aSource().certificate.keyPassphrase,
    }
    const completed = completeEdit(before, { enabled: false, begin: { count: 3, unit: 'Months' } }, known)
    if (completed.state !== 'complete') throw new TypeError(completed.missing.join())
    const edited = await editSource(lp1, { id: before.id, source: completed.source, before }, parts)
    expect(edited).toMatchObject({ state: 'done', id: before.id, differences: [] })
    expect(emulator.requests.find(({ call }) => call === 'sourceEdit')?.json).toMatchObject({
      data: { begin: 3, begin_unit: 'Months', basic_auth_mode: { password: expect.any(String) } },
    })

    const deleted = await deleteSource(lp1, before.id, parts)
    expect(deleted).toMatchObject({ state: 'done' })
    expect(stored()).toEqual([])

    const extra = 'tooMany' in faults ? 2 : 0
    expect(
      director.times('sourceCreate') + director.times('sourceEdit') + director.times('sourceDelete'),
    ).toBeLessThanOrEqual(3 + extra)
    expect(emulator.requests.filter(({ path }) => /\/configapi\/(Plugin|Uploads)/.test(path))).toEqual([])
  })

  test.each<readonly [string, DirectorFaults]>([
    ['after it was carried out', { cut: { call: 2, when: 'after' } }],
    [
      'by an error after it was carried out',
      { calls: ['sourceCreate'], serverError: { status: 502, times: 1, made: true } },
    ],
  ])('D1: a create cut off %s is found by listing and never sent again', async (_what, faults) => {
    await using director = await emulated(faults)

    expect(await createSource(lp1, { source: aSource() }, director.parts)).toMatchObject({ state: 'done' })
    expect(director.times('sourceCreate')).toBe(1)
    expect(await director.client.sources.list(lp1)).toHaveLength(1)
  })

  test('D1: a create cut off before it was carried out stays unknown, and is not sent again', async () => {
    await using director = await emulated({ cut: { call: 2, when: 'before' } })

    await expect(createSource(lp1, { source: aSource() }, director.parts)).rejects.toMatchObject({ kind: 'pending' })
    expect(director.times('sourceCreate')).toBe(1)
  })

  test.each(['strings', 'objects', 'message'] as const)(
    'an order that fails with %s is an error with the reason',
    async (as) => {
      await using director = await emulated({ order: { kind: 'failed', as, reason: 'no room' } })

      await expect(createSource(lp1, { source: aSource() }, director.parts)).rejects.toMatchObject({
        code: 'DIRECTOR_ORDER_FAILED',
        message: expect.stringContaining('no room'),
      })
    },
  )

  test.each([{ kind: 'never' }, { kind: 'envelope' }] as const)(
    'D2: an order that is never done is pending: %o',
    async (order) => {
      await using director = await emulated({ calls: ['sourceCreate', 'orderRead'], order })

      expect(await createSource(lp1, { source: aSource() }, director.parts)).toMatchObject({ state: 'pending' })
      expect(director.times('sourceCreate')).toBe(1)
    },
  )

  test('a Logpoint in Co-Managed mode refuses, with its words', async () => {
    for (const refusalsAs200 of [false, true]) {
      await using director = await emulated({ coManaged: { logpoints: 'all' }, refusalsAs200 })

      await expect(createSource(lp1, { source: aSource() }, director.parts)).rejects.toMatchObject({ kind: 'remote' })
    }
  })

  test('a token that ends in the middle ends the run as auth', async () => {
    await using director = await emulated({ tokenExpiresAfter: 3 })

    await expect(createSource(lp1, { source: aSource() }, director.parts)).rejects.toMatchObject({ kind: 'auth' })
  })

  test('two sources with the same address and user are not mixed up', async () => {
    await using director = await emulated()
    const { parts } = director
    const first = await createSource(lp1, { source: aSource() }, parts)
    const second = await createSource(lp1, { source: aSource() }, parts)

    expect(second.id).not.toBe(first.id)
    expect(await deleteSource(lp1, first.id ?? '', parts)).toMatchObject({ state: 'done' })
    expect((await director.client.sources.list(lp1)).map(({ id }) => id)).toEqual([second.id])
  })
})
