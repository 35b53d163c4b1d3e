import { rm } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { schemaProblems } from '../support/json-schema.ts'
import { aDirectorWorld, anAcmeProfile, logpointId } from './a-director-world.ts'
import type { Results } from './a-director-world.ts'
import { body, guideFlags, writes } from './a-guide-source.ts'

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
