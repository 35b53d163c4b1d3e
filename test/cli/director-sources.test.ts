import { mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/core/ports.ts'
import type { RecordedRequest } from '../../src/simulate/director/record.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { schemaProblems } from '../support/json-schema.ts'
import { aDirectorWorld, anAcmeProfile, logpointId, poolId } from './a-director-world.ts'
import type { Results } from './a-director-world.ts'
import { body, example, guideFlags, writes } from './a-guide-source.ts'

describe('director source create', () => {
  it.each([
    ['1.1', '1', 'create-stix1.request.json'],
    ['2.1', '2', 'create-stix2.request.json'],
  ])("sends the guide's own example to the letter (TAXII %s)", async (version, word, file) => {
    await using world = await aDirectorWorld()
    const flags = await guideFlags(world)
    const { exitCode, data } = await world.json<Results>(
      `director source create ${flags} --taxii-version ${version} --on acme/lp1`,
    )
    expect(exitCode).toBe(0)
    expect(schemaProblems('director-targets', data)).toEqual([])
    const [created] = writes(world)
    expect(created).toMatchObject({
      method: 'POST',
      path: `/configapi/${poolId}/${logpointId(1)}/PluginConfiguration/StixTaxiiEnrichmentSource`,
    })
    expect(created?.json).toEqual({ data: { ...body, stix_version: word } })
    const given = await example(file)
    if (given !== null) expect(created?.json).toEqual(given)
  })

  it("edits with the guide's own example", async () => {
    await using world = await aDirectorWorld()
    const flags = await guideFlags(world)
    await world.run(`director source create ${flags} --taxii-version 2.1 --begin 3h --on acme/lp1`)
    writes(world)
    const url = body.discovery_url
    expect((await world.run(`director source edit ${url} --begin 20d --on acme/lp1`)).exitCode).toBe(0)
    const [edited] = writes(world)
    expect(edited?.method).toBe('PUT')
    const given = await example('edit-stix2.request.json')
    expect(edited?.json).toEqual(given ?? { data: { ...body, stix_version: '2' } })
  })

  it('L3 remembers what it wrote when the state can be written at a second try only, and says so when it never can', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    await world.run('director source create feed --on acme/lp1')
    const begins = async (): Promise<unknown> => {
      const state = await readFile(path.join(world.folder, 'data', 'state.json'), 'utf8')
      return (JSON.parse(state) as { sources: { written: { begin: unknown } }[] }).sources.map(
        ({ written }) => written.begin,
      )
    }
    const obstacle = path.join(world.folder, 'data', 'state.json.lock')
    await mkdir(obstacle)
    const never = await world.run('director source edit feed --begin 5h --on acme/lp1')
    expect([never.exitCode, never.stderr]).toEqual([0, expect.stringContaining('is not remembered')])
    expect(await begins()).toEqual([{ count: 20, unit: 'Days' }])

    const clock = fakeClock({ start: '2026-03-04T05:06:07.000Z' })
    const clears: Clock = {
      ...clock,
      sleep: async (ms) => {
        if (ms === 250) await rm(obstacle, { recursive: true, force: true })
        await clock.sleep(ms)
      },
    }
    const late = await world.run('director source edit feed --begin 7h --on acme/lp1', { clock: clears })
    expect([late.exitCode, late.stderr.includes('is not remembered')]).toEqual([0, false])
    expect(await begins()).toEqual([{ count: 7, unit: 'Hours' }])
  })

  it('creates a saved profile on many, reads it back, and does it once', async () => {
    await using world = await aDirectorWorld({ logpoints: 3, profiles: [anAcmeProfile()] })
    const { exitCode, data, stderr } = await world.json<Results>('director source create feed --on all')
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(data.totals).toMatchObject({ targets: 4, done: 4, failed: 0 })
    expect(data.results.map(({ target, differences }) => [target, differences])).toEqual(
      ['acme/lp1', 'acme/lp2', 'acme/lp3', 'beta/lp1'].map((target) => [target, []]),
    )
    writes(world)
    const again = await world.json<Results>('director source create feed --on all')
    expect(again.exitCode).toBe(6)
    expect(again.data.results[0]?.error).toMatchObject({ code: 'DIRECTOR_SOURCE_EXISTS', kind: 'conflict' })
    const absent = await world.json<Results>('director source create feed --on all --if-absent')
    expect([absent.exitCode, absent.data.totals['unchanged']]).toEqual([0, 4])
    expect(writes(world)).toEqual([])
  })

  it('D7 does the others when one Logpoint refuses (Co-Managed), and ends as partial', async () => {
    await using world = await aDirectorWorld({ logpoints: 5, profiles: [anAcmeProfile()] })
    for (const status of [400, 403]) {
      world.director.setFaults({ coManaged: { logpoints: [logpointId(2)], status } })
      const { exitCode, data, stderr } = await world.json<Results>(
        'director source create feed --on acme/* --if-absent',
      )
      expect(exitCode).toBe(12)
      expect(data.totals).toMatchObject({ targets: 5, failed: 1 })
      expect(data.results.find(({ status }) => status === 'failed')?.target).toBe('acme/lp2')
      expect(stderr).toContain('acme/lp2')
    }
    world.director.setFaults({})
    writes(world)
    expect((await world.run('director source create feed --on acme/* --if-absent')).exitCode).toBe(0)
    expect(writes(world).filter(({ json }) => JSON.stringify(json).includes('discovery_url'))).toHaveLength(1)
  })

  it(
    'D7 fails on one of 200: the other 199 are done, and the next run touches that one',
    { timeout: 60_000 },
    async () => {
      await using world = await aDirectorWorld({ logpoints: 200, profiles: [anAcmeProfile()] })
      world.director.setFaults({ coManaged: { logpoints: [logpointId(37)] } })
      const line = 'director source create feed --on acme/* --if-absent --parallel 16'
      const { exitCode, data } = await world.json<Results>(line)
      expect([exitCode, data.totals['done'], data.totals['failed']]).toEqual([12, 199, 1])
      world.director.setFaults({})
      writes(world)
      expect((await world.run(line)).exitCode).toBe(0)
      const creates = writes(world).filter(({ call }) => call === 'sourceCreate')
      expect(creates.map(({ logpoint }) => logpoint)).toEqual([logpointId(37)])
      const kept = JSON.parse(await readFile(path.join(world.folder, 'data', 'state.json'), 'utf8')) as {
        sources: unknown[]
      }
      expect(kept.sources).toHaveLength(200)
    },
  )

  it('ends with the status of the failure when all failed', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    world.director.setFaults({ coManaged: { logpoints: 'all' } })
    expect((await world.run('director source create feed --on acme/*')).exitCode).toBe(9)
  })

  it('sends nothing more with a token that has ended in the middle', async () => {
    await using world = await aDirectorWorld({ logpoints: 6, profiles: [anAcmeProfile()] })
    world.director.setFaults({ tokenExpiresAfter: 14 })
    const { exitCode, data } = await world.json<Results>('director source create feed --on acme/* --parallel 1')
    expect([4, 12]).toContain(exitCode)
    expect(data.results.filter(({ error }) => error?.code === 'DIRECTOR_NOT_TRIED').length).toBeGreaterThan(1)
    const met = ['DIRECTOR_UNAUTHORIZED', 'DIRECTOR_ORDER_UNREAD']
    expect(data.results.filter(({ error }) => met.includes(error?.code ?? ''))).toHaveLength(1)
  })

  it('D2 keeps the order of what was accepted when the token dies before it can be read', async () => {
    await using world = await aDirectorWorld({ logpoints: 4, profiles: [anAcmeProfile()] })
    world.director.setFaults({ tokenExpiresAfter: 6 })
    const { exitCode, data } = await world.json<Results>('director source create feed --on acme/* --parallel 2')
    expect(exitCode).toBe(4)
    expect(schemaProblems('director-targets', data)).toEqual([])
    const accepted = data.results.filter(({ order }) => order !== null)
    expect(accepted.map(({ status, error }) => [status, error?.code, error?.kind])).toEqual(
      accepted.map(() => ['pending', 'DIRECTOR_ORDER_UNREAD', 'auth']),
    )
    expect(accepted).toHaveLength(writes(world).filter(({ call }) => call === 'sourceCreate').length)
    expect(accepted.length).toBeGreaterThan(0)
    expect(accepted[0]?.error?.hint).toContain('stixtaxii director order wait monitorapi/')
    expect(data.results.filter(({ error }) => error?.code === 'DIRECTOR_NOT_TRIED')).toHaveLength(2)
  })

  it('D2 stopped in the middle, tells the orders there are and what was not tried', async () => {
    let stop: (signal: 'SIGINT') => void = () => undefined
    const onRequest = ({ path: asked }: RecordedRequest): undefined => {
      if (asked.startsWith('/monitorapi')) stop('SIGINT')
    }
    await using world = await aDirectorWorld({ logpoints: 4, profiles: [anAcmeProfile()], onRequest })
    world.director.setFaults({ order: { kind: 'never' } })
    const { exitCode, data } = await world.json<Results>('director source create feed --on acme/* --parallel 1', {
      onStart: (given) => (stop = given),
    })
    expect(exitCode).toBe(130)
    const [first, ...others] = data.results
    expect([first?.status, first?.order]).toEqual(['pending', expect.stringContaining('/orders/')])
    expect(first?.error?.hint).toContain('stixtaxii director order wait monitorapi/')
    expect(others.map(({ status, error }) => [status, error?.code])).toEqual(
      others.map(() => ['failed', 'DIRECTOR_NOT_TRIED']),
    )
    expect(writes(world).filter(({ call }) => call === 'sourceCreate')).toHaveLength(1)
  })

  it('D2 does not send a create again in a later run while its order is open, unless forced', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    const creates = () => writes(world).filter(({ call }) => call === 'sourceCreate').length
    world.director.setFaults({ order: { kind: 'never' } })
    const line = 'director source create feed --on acme/lp1 --timeout 3'
    expect((await world.run(line)).exitCode).toBe(8)
    expect(creates()).toBe(1)
    const again = await world.json<Results>(`${line} --if-absent`)
    expect([again.exitCode, again.data.results[0]?.error?.code]).toEqual([6, 'DIRECTOR_CREATE_OPEN'])
    expect(again.data.results[0]?.error?.message).toContain('monitorapi/')
    expect(again.data.results[0]?.error?.hint).toContain('stixtaxii director order wait monitorapi/')
    expect(creates()).toBe(0)
    expect((await world.run(`${line} --force`)).exitCode).toBe(8)
    expect(creates()).toBe(1)
  })

  it('D2 goes on in a later run when the order of the earlier create has failed, or has made it', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    const creates = () => writes(world).filter(({ call }) => call === 'sourceCreate').length
    const line = 'director source create feed --on acme/lp1'
    expect((await world.run(`${line} --no-wait`)).exitCode).toBe(0)
    const absent = await world.json<Results>(`${line} --if-absent`)
    expect([absent.exitCode, absent.data.results[0]?.status]).toEqual([0, 'unchanged'])
    world.director.setFaults({ order: { kind: 'failed', as: 'strings' } })
    const other = line.replace('lp1', 'lp2')
    expect((await world.run(`${other} --no-wait`)).exitCode).toBe(0)
    world.director.setFaults({})
    creates()
    expect((await world.run(other)).exitCode).toBe(0)
    expect(creates()).toBe(1)
    const kept = JSON.parse(await readFile(path.join(world.folder, 'data', 'state.json'), 'utf8')) as object
    expect(kept).not.toHaveProperty('openOrders')
  })

  it('D2 is not done when two new sources have its address and user', async () => {
    // Somebody else creates the same one meanwhile.
    const meddle = ({ call }: RecordedRequest): undefined => {
      const { sources = [] } = world.director.fabric.pools[poolId]?.logpoints[logpointId(1)] ?? {}
      const [first] = sources
      if (call === 'sourceList' && first && sources.length === 1) {
        ;(sources as (typeof first)[]).push({ ...structuredClone(first), id: 'another' })
      }
    }
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()], onRequest: meddle })
    const { data, exitCode } = await world.json<Results>('director source create feed --on acme/lp1')
    expect([exitCode, data.results[0]?.status]).toEqual([8, 'unverified'])
    expect(data.results[0]?.message).toContain('2 new sources have its address and user')
  })

  it('shows the difference between what was asked for and what was found', async () => {
    // Somebody else changes it before it is read back.
    const meddle = ({ call }: RecordedRequest): undefined => {
      const [source] = world.director.fabric.pools[poolId]?.logpoints[logpointId(1)]?.sources ?? []
      if (call === 'sourceList' && source) Object.assign(source.fields, { stix_version: '1' })
    }
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()], onRequest: meddle })
    const { data, exitCode } = await world.json<Results>('director source create feed --on acme/lp1')
    expect(exitCode).toBe(0)
    expect(data.results[0]?.differences).toEqual([{ field: 'stixVersion', asked: '2', found: '1' }])
  })

  it('prints the path with --no-wait and ends well; order wait goes on', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    const { exitCode, data } = await world.json<Results>('director source create feed --on acme/lp1 --no-wait')
    expect([exitCode, data.results[0]?.status]).toEqual([0, 'accepted'])
    const order = data.results[0]?.order ?? ''
    const waited = await world.json<{ state: string }>(`director order wait ${order}`)
    expect([waited.exitCode, waited.data.state]).toEqual([0, 'succeeded'])
    expect(schemaProblems('director-order', waited.data)).toEqual([])
    expect((await world.json<{ state: string }>(`director order show /${order}`)).data.state).toBe('succeeded')
  })

  it('D2 ends as pending with the path when the order takes too long, and sends nothing again', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    world.director.setFaults({ order: { kind: 'never' } })
    const { exitCode, data, stderr } = await world.json<Results>(
      'director source create feed --on acme/lp1 --timeout 5',
    )
    expect([exitCode, data.results[0]?.status]).toEqual([8, 'pending'])
    expect(stderr).toContain('stixtaxii director order wait monitorapi/')
    expect(writes(world)).toHaveLength(1)
    const waited = await world.run(`director order wait ${data.results[0]?.order ?? ''} --timeout 2`)
    expect(waited.exitCode).toBe(8)
  })

  it('tells the reason of an order that failed', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    world.director.setFaults({ order: { kind: 'failed', as: 'strings', reason: 'The URL is not reachable' } })
    const { exitCode, stderr } = await world.json('director source create feed --on acme/lp1')
    expect(exitCode).toBe(9)
    expect(stderr).toContain('The URL is not reachable')
  })

  it('takes HTML for no answer', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    world.director.setFaults({ html: true })
    expect((await world.run('director source create feed --on acme/lp1')).exitCode).toBe(10)
  })

  it.each([
    ['--on acme/lp9', 5, 'Did you mean "acme/lp1"'],
    ['--on acne/*', 5, 'There is no Logpoint'],
    ['', 2, 'Name it with --on: acme/lp1'],
    ['--on acme/lp1 --begin 30m', 2, 'write a duration'],
    ['--on acme/lp1 --fetch-interval 1mo', 2, 'Director takes hours, days or weeks'],
    ['--on acme/lp1 --taxii-version auto', 2, '--stix-version 1 or 2'],
    ['--on acme/lp1 --certificate client.crt', 2, 'two PEM files'],
    ['--on acme/lp1 --token-file token', 2, 'no bearer tokens'],
    ['--on acme/lp1 --proxy socks5://127.0.0.1:1', 2, 'no socks5 proxies'],
    ['--on acme/lp1 --certificate c.crt --key c.key', 5, '"c.crt" is not in the storage of acme'],
    ['--on acme/lp1 --profile feed', 2, 'not a director one'],
  ])('bad input: %s', async (flags, status, text) => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    const { exitCode, stderr, stdout } = await world.run(`director source create feed ${flags}`)
    expect([exitCode, stderr + stdout]).toEqual([status, expect.stringContaining(text)])
    expect(writes(world)).toEqual([])
  })

  it('creates a definition that loses something only with --force, and says what', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile({ collections: ['c1'] })] })
    const flags = '--auth bearer --secret-env T'
    const env = { T: 'a-token-of-the-feed' }
    expect((await world.run(`director source create feed ${flags} --on acme/lp1`, { env })).exitCode).toBe(2)
    const forced = await world.run(`director source create feed ${flags} --on acme/lp1 --force`, { env })
    expect(forced.exitCode).toBe(0)
    expect(forced.stderr).toContain('not only the one that is chosen here')
    expect(JSON.stringify(writes(world))).not.toContain('a-token-of-the-feed')
  })

  it('sends a version word as it is with --stix-version-raw', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    await world.run('director source create feed --on acme/lp1 --stix-version-raw 2.1')
    expect(writes(world)[0]?.json).toMatchObject({ data: { stix_version: '2.1' } })
  })
})
