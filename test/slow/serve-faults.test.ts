import { execFile } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/run-cli.ts'
import { runProgram } from '../support/run-program.ts'
import { aPostgres } from './a-postgres.ts'
import { aServedFolder, startServing, type ServingProgram } from './a-serving-program.ts'
import { anIndicator, envelope, idsOf, post, type Status } from './posting.ts'

/** E4: the store of a running server fails while objects arrive. What it said is stored is stored; what it refused is not. */

const run = promisify(execFile)
const perPost = 1000

interface Taken {
  readonly first: number
  readonly status: Status
}

/** Posts until one is not taken; gives those that were, and the answer that was a refusal. */
async function postUntilRefused(server: ServingProgram, from = 0) {
  const taken: Taken[] = []
  for (let first = from; first < from + 500 * perPost; first += perPost) {
    const answer = await post(server, envelope(first, perPost))
    if (answer.status !== 202) return { taken, refused: answer, first }
    taken.push({ first, status: JSON.parse(answer.text) as Status })
  }
  throw new Error('nothing was refused')
}

/** Every job that was told of is complete and its objects are there; of no other post there is one. */
async function expectTruth(server: ServingProgram, taken: readonly Taken[]): Promise<void> {
  for (const { status } of taken) {
    const { text } = await server.ask(`/default/status/${status.id}/`)
    expect(JSON.parse(text)).toMatchObject({ status: 'complete', success_count: perPost, failure_count: 0 })
  }
  const wanted = taken.flatMap(({ first }) => Array.from({ length: perPost }, (_, at) => anIndicator(first + at).id))
  expect((await idsOf(server)).toSorted()).toEqual(wanted.toSorted())
}

describe('a server whose disk is full', () => {
  it('E4: refuses what it cannot keep, goes on reading, and takes it once there is room', async ({ skip }) => {
    const folder = temporaryFolder()
    const data = path.join(folder, 'data')
    mkdirSync(data, { mode: 0o700 })
    const small = ['-t', 'tmpfs', '-o', 'size=12m,mode=700', 'none', data]
    const mounted = await run('mount', small).catch(() => undefined)
    if (!mounted) return skip('no file system can be mounted here')
    try {
      const server = await startServing(await aServedFolder(folder))
      const { taken, refused, first } = await postUntilRefused(server)
      expect(taken.length).toBeGreaterThan(0)
      expect(refused.status).toBe(503)
      expect(refused.headers).toMatchObject({ 'retry-after': '30' })
      expect(refused.text).not.toMatch(/SQL|disk|STORE_|\/data/)
      await expectTruth(server, taken)
      expect((await server.ask('/health/ready')).status).toBe(200)
      await run('mount', ['-o', 'remount,size=200m', data])
      const again = await post(server, envelope(first, perPost))
      expect(again.status).toBe(202)
      await expectTruth(server, [...taken, { first, status: JSON.parse(again.text) as Status }])
      server.child.kill('SIGTERM')
      expect(await server.ended).toBe(0)
      expect(await runProgram(['store', 'verify'], { folder })).toMatchObject({ exitCode: 0 })
    } finally {
      await run('umount', ['-l', data])
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('a server whose PostgreSQL goes away', () => {
  it('E4: says so, is not ready, and goes on when it is back; no job tells of what is not there', async () => {
    await using database = await aPostgres()
    const flags = ['--store', await database.freshUrl()]
    const server = await startServing(await aServedFolder(temporaryFolder(), flags), flags)
    const stopping = new Promise<void>((resolve, reject) => {
      setTimeout(() => database.stop('immediate').then(resolve, reject), 1500)
    })
    const { taken, refused, first } = await postUntilRefused(server)
    await stopping
    expect(taken.length).toBeGreaterThan(0)
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '30'])
    expect(refused.text).not.toMatch(/SQL|postgres|ECONN|STORE_|127\.0\.0\.1/i)
    expect((await server.ask('/health/live')).status).toBe(200)
    expect((await server.ask('/health/ready')).status).toBe(503)
    await database.start()
    await expect.poll(async () => (await server.ask('/health/ready')).status).toBe(200)
    const again = await post(server, envelope(first, perPost))
    expect(again.status).toBe(202)
    await expectTruth(server, [...taken, { first, status: JSON.parse(again.text) as Status }])
    server.child.kill('SIGTERM')
    expect(await server.ended).toBe(0)
    expect(await runProgram(['store', 'verify', ...flags], { folder: server.folder })).toMatchObject({ exitCode: 0 })
  })
})
