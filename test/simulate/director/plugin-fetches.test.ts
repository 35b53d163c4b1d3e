import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import type { ConfiguredSource, FetchedSource, FetchSource } from '../../../src/simulate/director/plugin-fetches.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { aDirector, aSource, logpoint, on, pool, sources } from './a-director.ts'
import type { TestDirector } from './a-director.ts'

const hourMs = 3_600_000
const start = Date.parse('2026-01-02T03:04:05Z') / 1000

interface Service {
  readonly no_of_entries: number
  readonly fetch_status: string
  readonly error: string | null
  readonly last_fetch_attempt: number
  readonly last_successful_fetch: number
}

async function status(director: TestDirector): Promise<Service | undefined> {
  const { json } = await director.call('GET', `${on}/PluginConfiguration/Ti_general`)
  return (json as { services: { stix_taxii?: Service } }[])[0]?.services.stix_taxii
}

/** Fetches that are counted, and give what they are told. */
function someFetches(entries: readonly (number | string)[]): { fetchSource: FetchSource; seen: ConfiguredSource[] } {
  const seen: ConfiguredSource[] = []
  return {
    seen,
    fetchSource(configured) {
      const next = entries[Math.min(seen.push(configured), entries.length) - 1] ?? 0
      return typeof next === 'number' ? Promise.resolve({ entries: next }) : Promise.reject(new Error(next))
    },
  }
}

const create = (director: TestDirector, changes: Record<string, unknown> = {}) =>
  director.call('POST', `${on}/${sources}`, aSource({ fetch_interval: 6, fetch_interval_unit: 'Hours', ...changes }))

const idOf = (director: TestDirector): string => director.fabric.pools[pool]?.logpoints[logpoint]?.sources[0]?.id ?? ''

describe('the emulated plugin', () => {
  it('fetches a source when it is created, and by its interval from then on', async () => {
    const clock = fakeClock({ autoAdvance: false })
    const { fetchSource, seen } = someFetches([5, 8])
    await using director = await aDirector({ clock, fetchSource })
    await create(director)
    await director.settled()
    expect(await status(director)).toEqual({
      name: 'Stix Taxii',
      fetch_status: 'Completed',
      error: null,
      no_of_entries: 5,
      last_fetch_attempt: start,
      last_successful_fetch: start,
    })
    await clock.advance(6 * hourMs - 1000)
    expect(seen).toHaveLength(1)
    await clock.advance(1000)
    await director.settled()
    expect(seen).toHaveLength(2)
    expect(await status(director)).toMatchObject({ no_of_entries: 8, last_successful_fetch: start + 6 * 3600 })
  })

  it('fetches with what is configured, the files of its certificate included', async () => {
    const clock = fakeClock({ autoAdvance: false })
    const { fetchSource, seen } = someFetches([1])
    await using director = await aDirector({ clock, fetchSource })
    const at = `/configapi/${pool}/${sources}/upload`
    await director.upload(at, 'client.crt', Buffer.from('the certificate'), { part: 'file_name' })
    await director.upload(at, 'client.key', Buffer.from('the key'), { part: 'file_name' })
    const ssl = { ssl_mode: { ssl_status: true, key_pass: 'the-passphrase' }, file_location: 'private' }
    await create(director, { ...ssl, begin: 3, begin_unit: 'Months', stix_version: '1' })
    await director.settled()
    const [configured] = seen
    expect(configured?.source).toMatchObject({
      discoveryUrl: 'https://feed.example/taxii2/',
      begin: { count: 3, unit: 'Months' },
      stixVersion: '1',
      proxy: { use: false, host: '127.0.0.1', port: 22, protocol: 'http' },
    })
    expect(Secret.open(configured?.source.certificate.keyPassphrase as Secret)).toBe('the-passphrase')
    expect(configured?.files).toEqual({ certificate: Buffer.from('the certificate'), key: Buffer.from('the key') })
    // Its key is gone: no edit can name it, and the next fetch says so.
    await director.call('DELETE', `/configapi/${pool}/${sources}/client.key`)
    const edited = await director.call('PUT', `${on}/${sources}/${idOf(director)}`, aSource(ssl))
    expect(edited).toMatchObject({ status: 400, message: 'client.key is not in the private storage.' })
    await clock.advance(6 * hourMs)
    await director.settled()
    expect(await status(director)).toMatchObject({
      fetch_status: 'Error',
      error: 'The file client.key is not in the private storage',
    })
  })

  it('says why a fetch failed, keeps the entries of the one before, and tries again by its interval', async () => {
    const clock = fakeClock({ autoAdvance: false })
    const { fetchSource } = someFetches([5, 'feed.example refuses \u001b[31mthe login', 9])
    await using director = await aDirector({ clock, fetchSource })
    await create(director)
    await director.settled()
    await clock.advance(6 * hourMs)
    await director.settled()
    expect(await status(director)).toMatchObject({
      fetch_status: 'Error',
      error: 'feed.example refuses \\u{1b}[31mthe login',
      no_of_entries: 5,
      last_fetch_attempt: start + 6 * 3600,
      last_successful_fetch: start,
    })
    await clock.advance(6 * hourMs)
    await director.settled()
    expect(await status(director)).toMatchObject({ fetch_status: 'Completed', error: null, no_of_entries: 9 })
  })

  it('fetches an edited source anew, and a switched-off, deleted or uninstalled one never again', async () => {
    const clock = fakeClock({ autoAdvance: false })
    const { fetchSource, seen } = someFetches([5])
    await using director = await aDirector({ clock, fetchSource })
    await create(director)
    await director.settled()
    const at = `${on}/${sources}/${idOf(director)}`
    await director.call('PUT', at, aSource())
    await director.settled()
    expect(seen).toHaveLength(2)
    await director.call('PUT', at, aSource({ st_enable_source: false }))
    await clock.advance(100 * hourMs)
    expect(seen).toHaveLength(2)
    expect(await status(director)).toBeUndefined()
    await director.call('PUT', at, aSource())
    await director.settled()
    expect(seen).toHaveLength(3)
    await director.call('DELETE', at)
    await clock.advance(100 * hourMs)
    expect(seen).toHaveLength(3)
  })

  it('adds up the entries of all sources, and one that fails is the failure of all', async () => {
    const { fetchSource } = someFetches([5, 'gone', 7])
    await using director = await aDirector({ fetchSource })
    for (let n = 0; n < 3; n++) {
      await create(director)
      await director.settled()
    }
    expect(await status(director)).toMatchObject({ fetch_status: 'Error', error: 'gone', no_of_entries: 12 })
  })

  it('shows the newest attempt and success of all sources', async () => {
    const clock = fakeClock({ autoAdvance: false })
    const { fetchSource } = someFetches([1])
    await using director = await aDirector({ clock, fetchSource })
    await create(director, { fetch_interval: 60 })
    await director.settled()
    await clock.advance(hourMs)
    await create(director, { fetch_interval: 60 })
    await director.settled()
    const newest = start + 3600
    expect(await status(director)).toMatchObject({ last_fetch_attempt: newest, last_successful_fetch: newest })
  })

  it('tells nobody of a fetch that ends after its source has gone', async () => {
    let finish: (result: { entries: number }) => void = () => undefined
    const told: FetchedSource[] = []
    await using director = await aDirector({
      fetchSource: () => new Promise((resolve) => (finish = resolve)),
      onFetched: (each) => void told.push(each),
    })
    await create(director)
    await director.call('DELETE', `${on}/${sources}/${idOf(director)}`)
    finish({ entries: 5 })
    await director.settled()
    expect(told).toEqual([])
    await create(director)
    finish({ entries: 6 })
    await director.settled()
    expect(told).toMatchObject([{ pool, logpoint, source: idOf(director), entries: 6, error: null }])
  })

  it('stops a fetch whose source is deleted, or when it is closed', async () => {
    let aborted = 0
    const fetchSource: FetchSource = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted++
          reject(signal.reason as Error)
        })
      })
    const director = await aDirector({ fetchSource })
    await create(director)
    await director.call('DELETE', `${on}/${sources}/${idOf(director)}`)
    await director.settled()
    expect(aborted).toBe(1)
    await create(director)
    await director.close()
    expect(aborted).toBe(2)
  })

  it('fetches four sources at a time, and all in the end', async () => {
    let [running, all] = [0, 0]
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const most: number[] = []
    const fetchSource: FetchSource = async () => {
      most.push(++running)
      await gate
      running--
      all++
      return { entries: 1 }
    }
    await using director = await aDirector({ fetchSource })
    for (let n = 0; n < 12; n++) await create(director)
    expect(running).toBe(4)
    open()
    await director.settled()
    expect([Math.max(...most), all]).toEqual([4, 12])
    expect(await status(director)).toMatchObject({ no_of_entries: 12 })
  })

  it('remembers across a restart when it fetched, and fetches only what is due', async () => {
    const stateFolder = await temporaryFolder()
    const first = someFetches([5])
    const before = await aDirector({
      stateFolder,
      clock: fakeClock({ autoAdvance: false }),
      fetchSource: first.fetchSource,
    })
    await create(before)
    await before.settled()
    await before.close()

    const clock = fakeClock({ autoAdvance: false, start: '2026-01-02T05:04:05Z' })
    const second = someFetches([6])
    await using director = await aDirector({ stateFolder, clock, fetchSource: second.fetchSource })
    expect(await status(director)).toMatchObject({ no_of_entries: 5, last_fetch_attempt: start })
    expect(second.seen).toHaveLength(0)
    await clock.advance(4 * hourMs)
    await director.settled()
    expect(second.seen).toHaveLength(1)
    expect(await status(director)).toMatchObject({ no_of_entries: 6 })
  })

  it('waits longer than a timer can, in several sleeps', async () => {
    const clock = fakeClock({ autoAdvance: false })
    const { fetchSource, seen } = someFetches([1])
    await using director = await aDirector({ clock, fetchSource })
    await create(director, { fetch_interval: 60, fetch_interval_unit: 'Days' })
    await director.settled()
    await clock.advance(59 * 24 * hourMs)
    expect(seen).toHaveLength(1)
    await clock.advance(24 * hourMs)
    await director.settled()
    expect(seen).toHaveLength(2)
    expect(Math.max(...clock.slept)).toBeLessThan(2 ** 31)
  })
})
