import { spawn } from 'node:child_process'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { aFleet, aSourceText, aWorld, logpointId, secrets, sourcesOn, type World } from '../provision/a-fleet.ts'
import { leaksIn } from '../support/canary.ts'
import { programFile } from '../support/run-program.ts'

const script = path.resolve(import.meta.dirname, '../../examples/pipeline.sh')

/** Runs the example as a CI system would: a clean environment, no terminal, secrets as variables. */
async function pipeline(
  { folder }: World,
  variables: Readonly<Record<string, string>>,
): Promise<{ status: number; said: string }> {
  const child = spawn('sh', [script], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, STIXTAXII: `${process.execPath} ${programFile}`, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
  const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)))
  return { status, said: Buffer.concat(said).toString('utf8') }
}

describe('the pipeline of examples/', () => {
  it('brings Logpoints to the state of a file, reports a failure, and goes on the next time', async () => {
    await using world = await aWorld()
    const variables = { STIXTAXII_DIRECTOR_TOKEN: secrets.token, PARTNER_PASSWORD: secrets.password }
    const source = aSourceText({ password: { env: 'PARTNER_PASSWORD' } })
    const director = { url: world.director.url, token: { env: 'STIXTAXII_DIRECTOR_TOKEN' } }
    world.write(aFleet(world.director, 3, { director, sources: { partner: source } }))

    const without = await pipeline(world, {})
    expect(without.status).not.toBe(0)
    expect(without.said).toContain('STIXTAXII_DIRECTOR_TOKEN')

    world.director.setFaults({ coManaged: { logpoints: [logpointId(2)] } })
    const first = await pipeline(world, variables)
    expect(first.status, first.said).toBe(12)
    expect(first.said).toContain('Some Logpoints failed')
    const { totals } = JSON.parse(world.read('apply.json')) as { totals: Record<string, number> }
    expect(totals).toMatchObject({ changed: 3, failed: 1 })

    world.director.setFaults()
    const second = await pipeline(world, variables)
    expect(second.status, second.said).toBe(0)
    const third = await pipeline(world, variables)
    expect(third.status).toBe(0)
    expect(third.said).toContain('Nothing to do.')
    expect([1, 2, 3].map((number) => sourcesOn(world.director, number).length)).toEqual([1, 1, 1])

    const wrong = await pipeline(world, { ...variables, STIXTAXII_DIRECTOR_TOKEN: 'wrong-token' })
    expect(wrong.status).toBe(4)
    const all = [first, second, third, wrong].map(({ said }) => said).join('')
    expect(leaksIn(all, secrets)).toEqual([])
  })

  it('D6 of two runs at once one wins, and the other ends with 6 and names the holder', async () => {
    await using world = await aWorld()
    const variables = { STIXTAXII_DIRECTOR_TOKEN: secrets.token }
    world.write(aFleet(world.director, 3))
    const run = (): Promise<{ status: number; said: string }> => apply(world, variables)
    const ended = await Promise.all([run(), run()])
    expect(ended.map(({ status }) => status).sort()).toEqual([0, 6])
    expect(ended.find(({ status }) => status === 6)?.said).toMatch(/"CLI_STATE_LOCKED".*in use by process \d+ on /)
    expect([1, 2, 3].map((number) => sourcesOn(world.director, number).length)).toEqual([1, 1, 1])
  })
})

async function apply(
  { folder }: World,
  variables: Readonly<Record<string, string>>,
): Promise<{ status: number; said: string }> {
  const argv = ['apply', '-f', 'fleet.yaml', '--yes', '-o', 'json', '--lock-timeout', '100ms']
  const child = spawn(process.execPath, [programFile, ...argv], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, ...variables },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
  const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)))
  return { status, said: Buffer.concat(said).toString('utf8') }
}
