import path from 'node:path'
import { countStored } from './count.ts'
import { startFeed, type Feed } from './feed.ts'
import { openGrowingLog, type GrowingLog } from './log.ts'
import { measure, sizeOf, startLasting, type Watched } from './processes.ts'
import type { Sample } from './slopes.ts'
import { authorization, healthOf, prepareStage, touchProfiles, writable } from './stage.ts'
import { startTraffic, type Traffic } from './traffic.ts'

/** Everything that was seen. */
export interface Seen {
  readonly watched: readonly Watched[]
  readonly wal: readonly Sample[]
  readonly store: readonly Sample[]
  readonly traffic: Traffic
  readonly log: GrowingLog
  readonly fetches: number
  readonly spoiled: number
  readonly lines: readonly string[]
  readonly faults: readonly string[]
}

const sampleMs = 5_000
const publishMs = 10_000
const rotateMs = 30_000
const announceMs = 120_000
const logMs = 100
/** How long everything has to come to rest when the faults are over. */
const restMs = 240_000

/** Plays for that long, then lets everything come to rest, and counts. */
export async function playSoak(folder: string, lengthMs: number, random: () => number): Promise<Seen> {
  const began = performance.now()
  const sinceStartMs = (): number => performance.now() - began
  const feeds = [await startFeed(1, random), await startFeed(2, random)]
  const stopping: (() => Promise<unknown>)[] = feeds.map((feed) => async () => feed[Symbol.asyncDispose]())
  try {
    await prepareStage(folder, feeds)
    const log = openGrowingLog(folder, random)
    let fetches = 0
    const watch = startLasting(
      folder,
      'watch',
      ['watch', '-o', 'ndjson', '--health-file', 'health.json'],
      () => fetches++,
    )
    const { serve, url } = await startServe(folder)
    const follow = ['enrich', '--follow', 'fw.log', '--format', 'ndjson', '--mode', 'all', '--field', 'address']
    const enrich = startLasting(folder, 'enrich --follow', follow, (line) => log.take(line))
    const watched = [watch, serve, enrich]
    stopping.unshift(async () => watched.forEach(({ child }) => child.kill('SIGKILL')))
    const traffic = await startTraffic({ url, authorization, writable, random, sinceStartMs })
    const file = path.join(folder, 'data', 'store.sqlite')
    const [wal, store]: [Sample[], Sample[]] = [[], []]
    const died: string[] = []
    const timers = [
      setInterval(() => log.append(20), logMs),
      setInterval(() => log.rotate(), rotateMs),
      setInterval(() => {
        const atMs = sinceStartMs()
        for (const each of watched) if (!measure(each, atMs) && !died.includes(each.name)) died.push(each.name)
        wal.push({ atMs, value: sizeOf(`${file}-wal`) })
        store.push({ atMs, value: sizeOf(file) })
      }, sampleMs),
    ]
    await feedFor(lengthMs, folder, feeds, log)
    timers.forEach(clearInterval)
    await traffic.stop()
    const faults = [...died.map((name) => `${name} ended by itself`), ...(await comeToRest(folder, feeds, log))]
    faults.push(...(await stopAll(watched)), ...traffic.faults, ...log.faults)
    const counted = await countStored(file, feeds, traffic.acknowledged)
    const spoiled = feeds.reduce((sum, feed) => sum + feed.faults, 0)
    return {
      watched,
      wal,
      store,
      traffic,
      log,
      fetches,
      spoiled,
      lines: counted.lines,
      faults: [...faults, ...counted.faults],
    }
  } finally {
    for (const stop of stopping) await stop()
  }
}

async function startServe(folder: string): Promise<{ readonly serve: Watched; readonly url: string }> {
  let heard: (line: string) => void = () => undefined
  const first = new Promise<string>((resolve) => (heard = resolve))
  const argv = ['serve', '--port', '0', '-o', 'ndjson', '--log-level', 'error']
  const serve = startLasting(folder, 'serve', argv, (line) => heard(line))
  const line = await Promise.race([first, serve.ended])
  if (typeof line === 'number') throw new Error(`serve ended with ${line}: ${serve.said.join('\n')}`)
  return { serve, url: (JSON.parse(line) as { url: string }).url }
}

/** New versions every ten seconds, and now and then an indicator that the log has been naming for a while. */
async function feedFor(lengthMs: number, folder: string, feeds: readonly Feed[], log: GrowingLog): Promise<void> {
  const end = performance.now() + lengthMs
  let nextAnnounce = performance.now()
  for (let turn = 0; performance.now() < end; turn++) {
    for (const feed of feeds) feed.publish(40)
    if (performance.now() >= nextAnnounce) {
      const address = `203.0.113.${Math.floor(turn / 12) % 256}`
      feeds[0]?.announce(address)
      log.announce(address)
      nextAnnounce += announceMs
    }
    await touchProfiles(folder, turn)
    await pause(Math.min(publishMs, Math.max(0, end - performance.now())))
  }
}

/** Sentences about what did not come to an end although nothing disturbs any more. */
async function comeToRest(folder: string, feeds: readonly Feed[], log: GrowingLog): Promise<readonly string[]> {
  for (const feed of feeds) feed.heal()
  const end = performance.now() + restMs
  for (let turn = 0; performance.now() < end; turn++) {
    const sources = await healthOf(folder)
    const isFetched = sources.length === feeds.length && sources.every(({ status }) => status === 'ok')
    if (isFetched && log.read === log.written) return []
    if (!isFetched && turn % 10 === 0) await touchProfiles(folder, turn / 10)
    await pause(1_000)
  }
  const sources = (await healthOf(folder)).map(({ source, status }) => `${source} ${status}`).join(', ')
  return [`no rest after ${restMs / 1000} s: ${sources}; ${log.written} lines in, ${log.read} out`]
}

async function stopAll(watched: readonly Watched[]): Promise<readonly string[]> {
  const faults: string[] = []
  for (const { name, child, ended, said } of watched) {
    child.kill('SIGTERM')
    const status = await ended
    if (status !== 0 && status !== 143) faults.push(`${name} ended with ${status}: ${said.slice(-5).join(' ')}`)
  }
  return faults
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
