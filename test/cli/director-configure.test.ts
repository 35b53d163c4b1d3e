import { existsSync } from 'node:fs'
import { readFile, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { schemaProblems } from '../support/json-schema.ts'
import { runCli } from '../support/run-cli.ts'
import { aDirectorWorld, anAcmeProfile, logpointId, poolId, token } from './a-director-world.ts'
import type { DirectorWorld } from './a-director-world.ts'

const where = `--pool acme=${poolId} --logpoint acme/lp1=${logpointId(1)}`

async function profileNamed(world: DirectorWorld, name: string): Promise<Record<string, unknown> | undefined> {
  const text = await readFile(join(world.folder, 'config', 'profiles.json'), 'utf8')
  const { profiles } = JSON.parse(text) as { profiles: readonly Record<string, unknown>[] }
  return profiles.find((profile) => profile['name'] === name)
}

describe('configure director', () => {
  it('reads the fetch status of the first Logpoint once, then saves', async () => {
    await using world = await aDirectorWorld()
    const { exitCode, data } = await world.json<{ tested: boolean }>(
      `configure director second --url ${world.director.url} --token-file token ${where} --group europe=acme/*`,
    )
    expect([exitCode, data.tested]).toEqual([0, true])
    expect(schemaProblems('configure', data)).toEqual([])
    expect(world.sent().map(({ method, path }) => `${method} ${path}`)).toEqual([
      `GET /configapi/${poolId}/${logpointId(1)}/PluginConfiguration/Ti_general`,
    ])
    expect(await profileNamed(world, 'second')).toMatchObject({ groups: { europe: ['acme/*'] } })
  })

  it('saves nothing when the test fails, ends with its status, and names --no-test', async () => {
    await using world = await aDirectorWorld()
    const wrong = await world.file('wrong', 'not-the-token\n')
    const line = `configure director second --url ${world.director.url} --token-file ${wrong} ${where}`
    const { exitCode, stderr } = await world.run(line)
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('--no-test')])
    expect(await profileNamed(world, 'second')).toBeUndefined()
    expect((await world.run(`${line} --no-test`)).exitCode).toBe(0)
  })

  it('says what could not be tested without a Logpoint', async () => {
    await using world = await aDirectorWorld()
    const line = `configure director second --url ${world.director.url} --token-file token --pool acme=${poolId}`
    const { exitCode, stderr } = await world.run(line)
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('address and token were not tested')])
    expect(world.sent()).toEqual([])
  })

  it('changes names, removes them, and keeps the rest', async () => {
    await using world = await aDirectorWorld()
    await world.run(`configure director hq --logpoint acme/lp2= --group europe= --group one=acme/lp1 --no-test`)
    expect(await profileNamed(world, 'hq')).toMatchObject({
      logpoints: { 'acme/lp1': logpointId(1), 'beta/lp1': logpointId(200) },
      groups: { all: ['*'], one: ['acme/lp1'] },
    })
    await world.run('configure director hq --pool beta= --no-test')
    const left = await profileNamed(world, 'hq')
    expect([left?.['pools'], left?.['logpoints']]).toEqual([{ acme: poolId }, { 'acme/lp1': logpointId(1) }])
  })

  it.each([
    ['--pool acme', 'Write NAME=IDENTIFIER'],
    ['--pool acme=short', 'Write NAME=IDENTIFIER'],
    ['--logpoint acme=12345678', 'Write POOL/NAME=IDENTIFIER'],
    ['--logpoint gone/lp1=12345678', 'Add it: --pool gone=IDENTIFIER'],
    ['--group a*=acme/lp1', 'Write NAME=acme/lp1'],
    ['--api-prefix a/../b', 'Write path segments'],
    ['--on acme/lp1', '--on belongs to taxii'],
  ])('bad input: %s', async (flags, text) => {
    await using world = await aDirectorWorld()
    const { exitCode, stderr } = await world.run(`configure director hq ${flags} --no-test`)
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(text)])
  })

  it('refuses plain http elsewhere without --allow-http', async () => {
    await using world = await aDirectorWorld()
    const line = `configure director second --url http://192.0.2.1 --token-file token ${where}`
    expect((await world.run(line)).exitCode).toBe(13)
  })
})

describe('configure taxii --on', () => {
  it('goes on to create the source there, once', async () => {
    await using world = await aDirectorWorld()
    await using server = await startTaxii2Server({ collections: [{ id: 'c1', objects: [] }] })
    const line = `configure taxii feed --url ${server.discoveryUrl} --begin 20d --on acme/*`
    const { exitCode, data } = await world.json<{ targets: readonly { target: string; status: string }[] }>(line)
    expect(exitCode).toBe(0)
    expect(schemaProblems('configure', data)).toEqual([])
    expect(data.targets.map(({ target, status }) => [target, status])).toEqual([
      ['acme/lp1', 'done'],
      ['acme/lp2', 'done'],
    ])
    const again = await world.json<{ targets: readonly { status: string }[] }>(line)
    expect(again.data.targets.map(({ status }) => status)).toEqual(['unchanged', 'unchanged'])
  })

  it('saves nothing when the Logpoint is misspelt', async () => {
    await using world = await aDirectorWorld()
    const line = 'configure taxii feed --url https://feed.example/ --taxii-version 2.1 --no-test --on acme/lp9'
    expect((await world.run(line)).exitCode).toBe(5)
    expect(await profileNamed(world, 'feed')).toBeUndefined()
  })
})

describe('director directory', () => {
  it('lists, exports and imports what --on takes', async () => {
    await using world = await aDirectorWorld()
    const { data } = await world.json<unknown[]>('director directory list')
    expect(schemaProblems('director-directory', data)).toEqual([])
    expect(data).toContainEqual({ kind: 'group', name: 'europe', id: null, members: ['acme/lp1', 'beta/lp1'] })
    const { stdout } = await world.run('director directory export')
    await world.file('directory.yaml', stdout)
    await world.run('configure director hq --pool acme= --pool beta= --group all= --group europe= --no-test')
    const imported = await world.json<unknown>('director directory import directory.yaml')
    expect(schemaProblems('director-directory-import', imported.data)).toEqual([])
    expect((await world.run('director directory export')).stdout).toBe(stdout)
    await world.file('small.yaml', `pools:\n  acme:\n    uuid: ${poolId}\n`)
    await world.run('director directory import small.yaml --replace')
    expect(await profileNamed(world, 'hq')).toMatchObject({ pools: { acme: poolId }, logpoints: {}, groups: {} })
  })

  it('names line and column of what is wrong in a file', async () => {
    await using world = await aDirectorWorld()
    await world.file('bad.yaml', `pools:\n  acme:\n    uuid: short\n`)
    const { exitCode, stderr } = await world.run('director directory import bad.yaml')
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('bad.yaml:3:')])
    expect((await world.run('director directory import none.yaml')).exitCode).toBe(5)
  })

  it('takes a file for one run with --directory', async () => {
    await using world = await aDirectorWorld()
    const id = logpointId(77)
    await world.file('more.yaml', `pools:\n  gamma:\n    uuid: ${poolId}\n    logpoints:\n      lp1: "${id}"\n`)
    const { exitCode } = await world.run('director source status --directory more.yaml --on gamma/lp1')
    expect([exitCode, world.sent()[0]?.logpoint]).toEqual([0, id])
  })
})

describe('a Director that no profile names', () => {
  const target = `${poolId}/${logpointId(1)}`

  it('comes from the environment alone, as in a pipeline', async () => {
    await using world = await aDirectorWorld()
    const env = { STIXTAXII_DIRECTOR_URL: world.director.url, STIXTAXII_TOKEN_FILE: join(world.folder, 'token') }
    const { exitCode } = await runCli(`director source status --on ${target}`, { env })
    expect(exitCode).toBe(0)
    const named = {
      ...env,
      STIXTAXII_DIRECTOR_POOL: `p=${poolId}`,
      STIXTAXII_DIRECTOR_LOGPOINT: `p/l=${logpointId(2)}`,
    }
    const all = await runCli('director source status -o json', { env: named })
    expect(JSON.parse(all.stdout)).toMatchObject([{ target: 'p/l' }])
    const value = { STIXTAXII_DIRECTOR_URL: world.director.url, STIXTAXII_DIRECTOR_TOKEN: token }
    expect((await runCli(`director source status --on ${target}`, { env: value })).exitCode).toBe(0)
    const listed = await runCli('profile list -o json', { env: value })
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { name: 'environment-director', kind: 'director', from: 'environment' },
    ])
  })

  it("is never given a TAXII server's token", async () => {
    await using world = await aDirectorWorld()
    const env = {
      STIXTAXII_URL: 'https://taxii.example/taxii2/',
      STIXTAXII_TOKEN: 'token-of-the-feed',
      STIXTAXII_DIRECTOR_URL: world.director.url,
    }
    const { exitCode, stderr } = await runCli(`director source status --on ${target}`, { env })
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('STIXTAXII_DIRECTOR_TOKEN_FILE')])
    expect(world.sent()).toEqual([])
  })

  it('comes from flags alone, too', async () => {
    await using world = await aDirectorWorld()
    const flags = `--director-url ${world.director.url} --director-token-file ${join(world.folder, 'token')}`
    const { exitCode } = await runCli(`director source status --on ${target} ${flags}`)
    expect(exitCode).toBe(0)
    expect((await runCli(`director source status --on ${target} --director-url ${world.director.url}`)).exitCode).toBe(
      2,
    )
    expect((await runCli(`director source status --on ${target}`)).stderr).toContain('There is no Director yet')
  })

  it('section 6: STIXTAXII_PROFILE for the other kind is ignored, --profile is not', async () => {
    await using world = await aDirectorWorld({ profiles: [anAcmeProfile()] })
    expect((await world.run('director source status', { env: { STIXTAXII_PROFILE: 'feed' } })).exitCode).toBe(0)
    expect((await world.run('director source status --profile feed')).exitCode).toBe(2)
    expect((await world.run('director source status --profile hq')).exitCode).toBe(0)
  })
})

describe('doctor', () => {
  it('looks at token and each Logpoint of a Director', async () => {
    await using world = await aDirectorWorld()
    const { exitCode, data } =
      await world.json<readonly { check: string; status: string; message: string }[]>('doctor hq')
    expect(exitCode).toBe(0)
    expect(schemaProblems('doctor', data)).toEqual([])
    expect(data.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['token', 'prerequisites', 'acme/lp1', 'acme/lp2', 'beta/lp1']),
    )
    world.director.setFaults({ tokenExpiresAfter: 0 })
    expect((await world.run('doctor hq')).exitCode).toBe(4)
  })

  it('warns of a token that is older than 7.5 hours, unless it is always active', async () => {
    await using world = await aDirectorWorld()
    const old = new Date('2026-03-03T00:00:00Z')
    await utimes(join(world.folder, 'token'), old, old)
    await world.run('configure director hq --token-file token --no-test')
    const tokenCheck = async (): Promise<unknown> => {
      const { data } = await world.json<readonly { check: string; status: string; message: string }[]>('doctor hq')
      return data.find(({ check }) => check === 'token')
    }
    expect(await tokenCheck()).toMatchObject({ status: 'warn', message: expect.stringContaining('29') })
    expect((await world.run('director source status')).stderr).toContain('unless it is "Always Active" it has ended')
    await world.run('configure director hq --token-always-active --no-test')
    expect(await tokenCheck()).toMatchObject({ status: 'ok' })
  })
})

describe('director source test', () => {
  it('says that it works, with the number of objects, and asks no Director', async () => {
    const objects = [{ type: 'indicator', id: 'indicator--00000000-0000-4000-8000-000000000001' }]
    await using world = await aDirectorWorld()
    await using server = await startTaxii2Server({
      collections: [{ id: 'c1', objects, addedAt: () => '2026-03-01T00:00:00Z' }],
    })
    const line = `director source test --url ${server.discoveryUrl} --taxii-version 2.1 --begin 20d`
    const { exitCode, stderr } = await world.run(line)
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('It works: 1 object')])
    const { data } = await world.json<unknown>(line)
    expect(schemaProblems('director-source-test', data)).toEqual([])
    const root = await world.json<{ works: boolean }>(line.replace(server.discoveryUrl, server.rootUrl))
    expect([root.exitCode, root.data.works]).toEqual([10, false])
    expect(schemaProblems('director-source-test', root.data)).toEqual([])
    expect(root.stderr).toContain('This program can')
    expect(world.sent()).toEqual([])
    expect(existsSync(join(world.folder, 'data', 'store.sqlite'))).toBe(false)
  })
})
