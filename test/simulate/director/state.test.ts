import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { programFile } from '../../support/run-program.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { aDirector, aSource, logpoint, on, pool, sources } from './a-director.ts'

it('keeps everything in its folder across a restart, orders included', async () => {
  const stateFolder = await temporaryFolder()
  const first = await aDirector({ stateFolder })
  await first.upload(`/configapi/Uploads/${pool}/`, 'a.pak', Buffer.from('package'))
  await first.upload(`/configapi/${sources}/publicupload`, 'a.crt', Buffer.from('certificate'), { part: 'file_name' })
  first.setFaults({ order: { kind: 'pending', times: 2 } })
  const announced = await first.call('POST', `${on}/${sources}`, aSource())
  await first.order(announced)
  const before = structuredClone(first.fabric)
  await first.close()

  await using second = await aDirector({ stateFolder, plugin: undefined })
  expect(second.fabric).toEqual(before)
  expect((await second.call('GET', `${on}/PluginConfiguration/Ti_stixtaxii`)).json).toHaveLength(1)
  expect((await second.call('GET', `/configapi/Uploads/${pool}/list`)).json).toEqual(['a.pak'])
  expect((await second.call('GET', `/configapi/${sources}/list`)).json).toEqual(['a.crt'])
  expect((await second.order(announced)).json).not.toHaveProperty('response')
  expect((await second.order(announced)).json).toMatchObject({ response: { success: true } })
})

it('has each change on disk before it answers, for its owner only', async () => {
  const stateFolder = path.join(await temporaryFolder(), 'new')
  await using director = await aDirector({ stateFolder })
  const file = path.join(stateFolder, 'director.json')
  for (let n = 1; n <= 3; n++) {
    await director.call('POST', `${on}/${sources}`, aSource())
    const kept = JSON.parse(await readFile(file, 'utf8')) as typeof director.fabric
    expect(kept.pools[pool]?.logpoints[logpoint]?.sources).toHaveLength(n)
  }
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await stat(stateFolder)).mode & 0o777).toBe(0o700)
})

it('loses nothing of many changes at once, and leaves no drafts', async () => {
  const stateFolder = await temporaryFolder()
  await using director = await aDirector({ stateFolder })
  const calls = Array.from({ length: 50 }, (_, n) => {
    const at = `/configapi/${pool}/${n.toString(16).padStart(32, '0')}/${sources}`
    return director.call('POST', at, aSource())
  })
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(50).fill(200))
  const kept = JSON.parse(await readFile(path.join(stateFolder, 'director.json'), 'utf8')) as typeof director.fabric
  expect(Object.keys(kept.pools[pool]?.logpoints ?? {})).toHaveLength(50)
  expect(await readdir(stateFolder)).toEqual(['director.json'])
})

it('refuses a state that is none, and a folder that it cannot use', async () => {
  const stateFolder = await temporaryFolder()
  await writeFile(path.join(stateFolder, 'director.json'), '{"version": 1, "pools": []}')
  await expect(aDirector({ stateFolder })).rejects.toMatchObject({ code: 'SIMULATE_STATE_DAMAGED', kind: 'config' })
  const file = path.join(stateFolder, 'file')
  await writeFile(file, '')
  await expect(aDirector({ stateFolder: file })).rejects.toMatchObject({ code: 'SIMULATE_STATE_FAILED', kind: 'local' })
})

it('answers 500 when the change cannot be kept, as with a full disk', async () => {
  const stateFolder = path.join(await temporaryFolder(), 'gone')
  const director = await aDirector({ stateFolder })
  await rm(stateFolder, { recursive: true })
  const unkept = await director.call('POST', `${on}/${sources}`, aSource())
  expect(unkept).toMatchObject({ status: 500, message: expect.stringContaining('ENOENT') as string })
  await expect(director.close()).rejects.toMatchObject({ code: 'SIMULATE_STATE_FAILED' })
})

it('does not write over what another emulator has written', async () => {
  const stateFolder = await temporaryFolder()
  await using first = await aDirector({ stateFolder })
  await first.call('POST', `${on}/${sources}`, aSource())
  const second = await aDirector({ stateFolder })
  await first.call('POST', `${on}/${sources}`, aSource())
  expect((await second.call('POST', `${on}/${sources}`, aSource())).status).toBe(500)
  await expect(second.close()).rejects.toMatchObject({ code: 'SIMULATE_STATE_SHARED', kind: 'conflict' })
  await using third = await aDirector({ stateFolder })
  expect((await third.call('GET', `${on}/PluginConfiguration/Ti_stixtaxii`)).json).toHaveLength(2)
})

it.skipIf(!existsSync(path.join(path.dirname(programFile), '../dist/bin/stixtaxii.js')))(
  'survives a kill: what was answered is there again',
  { timeout: 30_000 },
  async () => {
    const folder = await temporaryFolder()
    const argv = `director emulate --state-folder ${folder}/state --plugin StixTaxii_6.1.0.pak --no-fetch -o ndjson`
    const start = async () => {
      const child = spawn(process.execPath, [programFile, ...argv.split(' ')], {
        env: { PATH: process.env.PATH, HOME: folder },
      })
      // A test that fails leaves nothing running.
      onTestFinished(() => void child.kill('SIGKILL'))
      const url = await new Promise<string>((resolve) => {
        child.stdout.once('data', (chunk: Buffer) => resolve((JSON.parse(chunk.toString()) as { url: string }).url))
      })
      return { child, url }
    }
    const headers = { authorization: 'Bearer any', 'content-type': 'application/json' }
    const body = JSON.stringify({ data: aSource({ st_enable_source: false }) })
    let answered = 0
    for (let round = 0; round < 3; round++) {
      const { child, url } = await start()
      const list = await fetch(`${url}${on}/PluginConfiguration/Ti_stixtaxii`, { headers })
      const there = ((await list.json()) as unknown[]).length
      // The last call of a round may have been carried out without its answer arriving.
      expect([answered, answered + 1]).toContain(there)
      answered = there
      for (let n = 0; ; n++) {
        if (n === 3) setTimeout(() => child.kill('SIGKILL'), 7 * round)
        const response = await fetch(`${url}${on}/${sources}`, { method: 'POST', headers, body }).catch(() => undefined)
        if (response === undefined) break
        answered++
        await response.text().catch(() => undefined)
      }
    }
    expect(answered).toBeGreaterThanOrEqual(9)
  },
)
