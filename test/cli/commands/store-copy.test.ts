import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../../src/store/registry.ts'
import { copyRecord } from '../../../src/store/store-piece.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { anObject } from '../../support/items.ts'
import { schemaProblems } from '../../support/json-schema.ts'
import { runCli, temporaryFolder } from '../../support/run-cli.ts'

const dependencies = { clock: fakeClock(), identity: { pid: 4711, host: 'host.example' } }

/** A folder whose usual store has some objects. */
async function aWorld() {
  const folder = temporaryFolder()
  const objects = Array.from({ length: 5 }, () => anObject())
  writeFileSync(path.join(folder, 'some.ndjson'), objects.map(({ raw }) => String(raw)).join('\n'))
  const run = (commandLine: string) => runCli(commandLine, { folder })
  expect((await run('import some.ndjson')).exitCode).toBe(0)
  const at = (name: string) => path.join(folder, name)
  return { folder, run, at, versions: async (flags = '') => (await run(`export --format ndjson ${flags}`)).stdout }
}

describe('store copy', () => {
  it('copies the usual store, and answers as its schema says', async () => {
    const world = await aWorld()
    const { exitCode, stdout, stderr } = await world.run(`store copy sqlite:${world.at('copy.db')} -o json`)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const answer = JSON.parse(stdout) as Record<string, unknown>
    expect(schemaProblems('store-copy', answer)).toEqual([])
    expect(answer).toMatchObject({ versions: 5, collections: 1, sources: 1, runs: 1, restarted: false })
    expect(await world.versions(`--store ${world.at('copy.db')}`)).toBe(await world.versions())
  })

  it('copies one named store into another', async () => {
    const world = await aWorld()
    await world.run(`store copy ${world.at('one.db')}`)
    const { exitCode, stdout } = await world.run(`store copy ${world.at('one.db')} ${world.at('two.db')}`)
    expect(exitCode).toBe(0)
    expect(stdout).toContain('two.db')
    expect(await world.versions(`--store ${world.at('two.db')}`)).toBe(await world.versions())
  })

  it('makes nothing of a store that is not there', async () => {
    const world = await aWorld()
    const { exitCode, stderr } = await world.run(`store copy ${world.at('nine.db')} ${world.at('two.db')}`)
    expect({ exitCode, isMade: existsSync(world.at('two.db')) }).toEqual({ exitCode: 5, isMade: false })
    expect(stderr).toContain('There is no store')
  })

  it('refuses a store that has something, and itself', async () => {
    const world = await aWorld()
    await world.run(`store copy ${world.at('one.db')}`)
    const full = await world.run(`store copy ${world.at('one.db')}`)
    expect(full).toMatchObject({ exitCode: 6 })
    expect(full.stderr).toContain('There is something in the store')
    expect(await world.run(`store copy ${world.at('one.db')} ${world.at('one.db')}`)).toMatchObject({ exitCode: 2 })
  })

  it('a copy that has not ended is refused by every other command, and made anew by the next copy', async () => {
    const world = await aWorld()
    const url = `sqlite:${world.at('half.db')}`
    const half = await openStore(url, dependencies)
    await half.records.write([{ ...copyRecord, body: { from: 'sqlite:a', startedAt: '2026-01-02T03:04:05.000000Z' } }])
    await half.records.write([{ kind: 'account', id: 'alice', body: {} }])
    await half[Symbol.asyncDispose]()
    for (const command of [
      'store info',
      'checkpoint list',
      'lookup bad.example',
      'import some.ndjson',
      'store verify',
    ]) {
      const { exitCode, stderr } = await world.run(`${command} --store ${url} -o json`)
      expect({ command, exitCode }).toEqual({ command, exitCode: 11 })
      expect(stderr).toContain('STORE_COPY_UNFINISHED')
    }
    const { exitCode, stdout, stderr } = await world.run(`store copy ${url} -o json`)
    expect({ exitCode, answer: JSON.parse(stdout) as object }).toMatchObject({
      exitCode: 0,
      answer: { restarted: true, versions: 5, records: 0 },
    })
    expect(stderr).toContain('begins anew')
    expect(await world.versions(`--store ${url}`)).toBe(await world.versions())
  })
})
