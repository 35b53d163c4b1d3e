import { mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/core/ports.ts'
import type { RecordedRequest } from '../../src/simulate/director/record.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { schemaProblems } from '../support/json-schema.ts'
import { aDirectorWorld, anAcmeProfile, logpointId, poolId } from './a-director-world.ts'
import type { DirectorWorld, Results } from './a-director-world.ts'

const examples = path.resolve(import.meta.dirname, '../../../shared/director-examples')
const example = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(path.join(examples, name), 'utf8').catch(() => 'null'))

/** The flags of the guide's own example, with their files. */
async function guideFlags(world: DirectorWorld): Promise<string> {
  const password = await world.file('pw', 'guest\n')
  const passphrase = await world.file('pass', '12345\n')
  return (
    '--url https://open.taxiistand.com/services/discovery --enabled --begin 20d --fetch-interval 2d ' +
    `--username guest --password-file ${password} --no-use-basic --proxy http://127.0.0.1:22 --no-use-proxy ` +
    `--certificate client.crt --key client.key --key-passphrase-file ${passphrase} --no-use-certificate --certificate-location public`
  )
}

const body = {
  st_enable_source: true,
  discovery_url: 'https://open.taxiistand.com/services/discovery',
  fetch_interval: 2,
  fetch_interval_unit: 'Days',
  begin: 20,
  begin_unit: 'Days',
  st_proxy: { status: false, ip: '127.0.0.1', protocol: 'http', port: 22 },
  ssl_mode: { ssl_status: false, key_pass: '12345' },
  file_location: 'public',
  files: { cert_file: 'client.crt', cert_key: 'client.key' },
  basic_auth_mode: { username: 'guest', basic_auth_status: false, password: 'guest' },
}

const writes = (world: DirectorWorld) => world.sent().filter(({ method }) => method !== 'GET')

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

describe('director source edit', () => {
  it('fills what the list cannot show from the state of our last write', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    await world.run('director source create feed --on acme/*')
    writes(world)
    const { exitCode, data } = await world.json<Results>('director source edit feed --fetch-interval 6h --on acme/*')
    expect([exitCode, data.totals['done']]).toEqual([0, 2])
    const [sent] = writes(world)
    expect(sent?.json).toMatchObject({
      data: { begin: 20, begin_unit: 'Days', fetch_interval: 6, fetch_interval_unit: 'Hours' },
    })
    const again = await world.json<Results>('director source edit feed --fetch-interval 6h --on acme/*')
    expect([again.exitCode, again.data.totals['unchanged']]).toEqual([0, 2])
    expect(writes(world)).toEqual([])
  })

  it('7.b never guesses a unit or a place: without state it names the flags', async () => {
    await using world = await aDirectorWorld()
    await world.run(`director source create ${await guideFlags(world)} --taxii-version 2.1 --on acme/lp1`)
    await rm(path.join(world.folder, 'data', 'state.json'))
    writes(world)
    const url = body.discovery_url
    const { exitCode, stderr } = await world.run(`director source edit ${url} --fetch-interval 6h --on acme/lp1`)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--begin, --certificate-location')
    expect(writes(world)).toEqual([])
    const told = `director source edit ${url} --fetch-interval 6h --begin 1mo --certificate-location public --on acme/lp1`
    expect((await world.run(told)).exitCode).toBe(0)
    expect(writes(world)[0]?.json).toMatchObject({
      data: { begin: 1, begin_unit: 'Months', file_location: 'public', basic_auth_mode: { password: 'guest' } },
    })
  })

  it('D11 never writes a mask back: a masked password is asked for by its flag, or comes from the profile', async () => {
    await using world = await aDirectorWorld({ profiles: [] })
    const password = await world.file('pw', 'right-password\n')
    await world.run(
      `configure taxii feed --url https://feed.example/taxii2/ --taxii-version 2.1 --username ann --password-file ${password} --begin 20d --no-test`,
    )
    await world.run('director source create feed --on acme/lp1')
    world.director.setFaults({ lists: { secrets: 'masked' } })
    writes(world)
    expect((await world.run('director source edit feed --begin 30d --on acme/lp1')).exitCode).toBe(0)
    expect(writes(world)[0]?.json).toMatchObject({ data: { basic_auth_mode: { password: 'right-password' } } })
    // Another word in the file since: that is not known to be the source's password.
    await world.file('pw', 'changed-meanwhile\n')
    const { exitCode, stderr } = await world.run('director source edit feed --begin 40d --on acme/lp1')
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('--password-file')])
    const told = await world.run(`director source edit feed --begin 40d --password-file ${password} --on acme/lp1`)
    expect(told.exitCode).toBe(0)
    expect(JSON.stringify(writes(world))).not.toContain('***')
  })

  it('takes everything from a profile with --from', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    await world.run('director source create feed --on acme/lp1')
    await world.run('configure taxii feed --begin 2mo --disabled --no-test')
    writes(world)
    expect((await world.run('director source edit feed --from feed --on acme/lp1')).exitCode).toBe(0)
    expect(writes(world)[0]?.json).toMatchObject({ data: { begin: 2, begin_unit: 'Months', st_enable_source: false } })
    expect((await world.run('director source edit feed --on acme/lp1')).exitCode).toBe(2)
    expect((await world.run('director source edit feed --from feed --begin 1d --on acme/lp1')).exitCode).toBe(2)
  })

  it('an ambiguous source is named by its id', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    world.director.setFaults({ twins: true })
    await world.run('director source create feed --on acme/lp1')
    world.director.setFaults({})
    writes(world)
    const { exitCode, stderr } = await world.run('director source edit feed --begin 1d --on acme/lp1')
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('Name it by its id')])
    expect(writes(world)).toEqual([])
  })
})

describe('director source list, show, status, refresh and delete', () => {
  it('says that there is none only where it was asked, with the name of the Logpoint', async () => {
    await using world = await aDirectorWorld()
    world.director.setFaults({ tokenExpiresAfter: 0 })
    for (const what of ['source', 'plugin']) {
      const failed = await world.run(`director ${what} list --on acme/lp2`)
      expect(failed.exitCode).toBe(4)
      expect(failed.stderr).not.toMatch(/No enrichment source|not installed/)
    }
    world.director.setFaults({})
    expect((await world.run('director source list --on acme/lp2')).stderr).toContain('create SOURCE --on acme/lp2')
  })

  it('list every Logpoint, with names, and secrets as ***', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    const password = await world.file('pw', 'a-secret-in-the-list\n')
    const more = `--username ann --password-file ${password}`
    await world.run(`director source create feed ${more} --on acme/lp1`)
    await world.run('director source create feed --on beta/lp1')
    const { exitCode, data, stdout } = await world.json<readonly Record<string, unknown>[]>('director source list')
    expect(exitCode).toBe(0)
    expect(schemaProblems('director-source-list', data)).toEqual([])
    expect(data).toMatchObject([
      { target: 'acme/lp1', begin: { count: 20, unit: 'Days' }, basic: { username: 'ann', password: '***' } },
      { target: 'beta/lp1', name: 'feed', basic: { username: '', password: null } },
    ])
    expect(stdout).not.toContain('a-secret-in-the-list')
    const shown = await world.run('director source show feed')
    expect([shown.exitCode, shown.stdout]).toEqual([0, expect.stringContaining('beta/lp1')])
    expect((await world.run('director source show feed --on acme/lp1')).exitCode).toBe(5)
    for (const format of ['table', 'csv', 'name', 'yaml'])
      expect((await world.run(`director source list -o ${format}`)).stdout).not.toContain('a-secret-in-the-list')
  })

  it('status tells what the plugin says, null without an enabled source', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    world.director.setFaults({ status: 'absent' })
    const { data } = await world.json<readonly { status: string | null }[]>('director source status --on acme/*')
    expect(data.map(({ status }) => status)).toEqual([null, null])
    expect(schemaProblems('director-source-status', data)).toEqual([])
    expect((await world.run('director source refresh')).exitCode).toBe(0)
  })

  it('D10 delete asks for the name and takes --yes in scripts; it is gone afterwards', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    await world.run('director source create feed --on acme/*')
    writes(world)
    const unsaid = await world.run('director source delete feed --on acme/*')
    expect([unsaid.exitCode, unsaid.stderr]).toEqual([2, expect.stringContaining('--yes')])
    expect(writes(world)).toEqual([])
    const { exitCode, data } = await world.json<Results>('director source delete feed --on acme/* --yes')
    expect([exitCode, data.totals['done']]).toEqual([0, 2])
    expect((await world.json<unknown[]>('director source list')).data).toEqual([])
    expect((await world.run('director source delete feed --on acme/lp1 --yes')).exitCode).toBe(5)
  })

  it('the reading of one Logpoint that fails leaves the others', async () => {
    await using world = await aDirectorWorld({ logpoints: 3 })
    world.director.setFaults({ html: true, logpoints: [logpointId(2)] })
    const { exitCode, data } = await world.json<readonly { target: string }[]>('director source status --on acme/*')
    expect([exitCode, data.map(({ target }) => target)]).toEqual([12, ['acme/lp1', 'acme/lp3']])
  })
})
