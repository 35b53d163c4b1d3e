import { readdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withLock } from '../../src/profile/lock.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { realClock, realProcesses } from './processes.ts'

async function aLock(): Promise<{ folder: string; path: string }> {
  const folder = await temporaryFolder()
  return { folder, path: join(folder, '.profiles.lock') }
}

describe('the lock', () => {
  it('lets one in at a time, in one process too', async () => {
    const { folder, path } = await aLock()
    let inside = 0
    let most = 0
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside)
      await new Promise((resolve) => setTimeout(resolve, 5))
      inside--
    }
    const options = { clock: realClock, processes: realProcesses }
    await Promise.all(Array.from({ length: 12 }, () => withLock(path, options, work)))
    expect(most).toBe(1)
    expect(await readdir(folder)).toEqual([])
  })

  it('is given back when the work fails', async () => {
    const { folder, path } = await aLock()
    const options = { clock: realClock, processes: realProcesses }
    await expect(withLock(path, options, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await readdir(folder)).toEqual([])
  })

  it('L7 waits for a living holder, then ends as conflict with its pid, host and start', async () => {
    const { path } = await aLock()
    await withLock(path, { clock: realClock, processes: realProcesses }, async () => {
      const clock = fakeClock()
      const second = withLock(path, { clock, processes: realProcesses, timeoutMs: 500 }, () => Promise.resolve())
      await expect(second).rejects.toMatchObject({
        code: 'PROFILE_LOCKED',
        kind: 'conflict',
        message: expect.stringContaining(`process ${process.pid} on ${hostname()} since`) as string,
        context: expect.objectContaining({ pid: process.pid }) as object,
      })
      expect(clock.monotonicMs()).toBeGreaterThanOrEqual(500)
    })
  })

  it('L7 of a holder that runs no more is taken over at once', async () => {
    const { folder, path } = await aLock()
    const dead = { ...realProcesses, isRunning: () => false }
    let left: Promise<void> | undefined
    // The first holder never comes back from its work, as after a kill.
    void (left = withLock(path, { clock: realClock, processes: dead }, () => new Promise(() => undefined)))
    await expect.poll(() => readdir(folder)).toEqual(['.profiles.lock'])
    const clock = fakeClock()
    expect(await withLock(path, { clock, processes: dead }, () => Promise.resolve('mine'))).toBe('mine')
    expect(clock.slept).toEqual([])
    expect(left).toBeDefined()
  })

  it('L7 is not believed to be held when its process number belongs to another process now', async () => {
    const { path } = await aLock()
    let stale = ''
    await withLock(path, { clock: realClock, processes: realProcesses }, async () => {
      const { readFile } = await import('node:fs/promises')
      stale = (await readFile(path, 'utf8')).replace(/"started":"\d+"/, '"started":"1"')
    })
    await writeFile(path, stale)
    const clock = fakeClock()
    const taken = withLock(path, { clock, processes: realProcesses, timeoutMs: 100 }, () => Promise.resolve('mine'))
    // Where the system does not tell when a process began, the number alone has to be believed.
    if (stale.includes('"started":"1"')) expect(await taken).toBe('mine')
    else await expect(taken).rejects.toMatchObject({ code: 'PROFILE_LOCKED' })
  })

  it.each(['', '\0\0\0', '{"nonce": "../../x", "pid": 1}'])(
    'L7 is taken over from a file that is no lock (%j)',
    async (text) => {
      const { folder, path } = await aLock()
      await writeFile(path, text)
      const options = { clock: fakeClock(), processes: realProcesses }
      expect(await withLock(path, options, () => Promise.resolve('mine'))).toBe('mine')
      expect(await readdir(folder)).toEqual([])
    },
  )

  it('L7 held on another machine is waited for and never stolen', async () => {
    const { path } = await aLock()
    const nonce = '00000000-0000-4000-8000-000000000000'
    await writeFile(path, JSON.stringify({ nonce, pid: 1, host: 'elsewhere.example', started: '1', since: 'then' }))
    const options = { clock: fakeClock(), processes: realProcesses, timeoutMs: 100 }
    await expect(withLock(path, options, () => Promise.resolve())).rejects.toMatchObject({
      code: 'PROFILE_LOCKED',
      hint: expect.stringContaining(path) as string,
    })
  })

  it('is taken over by exactly one of many who find the same dead holder', async () => {
    const { folder, path } = await aLock()
    const dead = { ...realProcesses, pid: 999_999_999, isRunning: (pid: number) => pid !== 999_999_999 }
    for (let round = 0; round < 20; round++) {
      const nonce = `00000000-0000-4000-8000-${String(round).padStart(12, '0')}`
      const host = JSON.stringify(await ownHost())
      await writeFile(path, `{"nonce":"${nonce}","pid":999999999,"host":${host},"started":"","since":""}`)
      let inside = 0
      let most = 0
      const work = async (): Promise<void> => {
        most = Math.max(most, ++inside)
        await new Promise((resolve) => setImmediate(resolve))
        inside--
      }
      const options = { clock: realClock, processes: { ...dead, pid: process.pid } }
      await Promise.all(Array.from({ length: 6 }, () => withLock(path, options, work)))
      expect(most).toBe(1)
    }
    expect(await readdir(folder)).toEqual([])
  })
})

/** The host as a lock of this process names it. */
async function ownHost(): Promise<string> {
  const { folder, path } = await aLock()
  let host = ''
  await withLock(path, { clock: realClock, processes: realProcesses }, async () => {
    const { readFile } = await import('node:fs/promises')
    host = (JSON.parse(await readFile(join(folder, '.profiles.lock'), 'utf8')) as { host: string }).host
  })
  return host
}
