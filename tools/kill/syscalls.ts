import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import type { Finding } from '../campaign/report.ts'
import { seeded } from '../campaign/seeded.ts'
import { directorScene } from './director-scene.ts'
import { collectionId, makeObjects, stampOf } from './objects.ts'
import type { PartReport } from './part.ts'
import { profileScenes } from './profile-scenes.ts'
import { aFolder, copyOf, type Scene } from './scene.ts'
import { fetchScenes, fileScenes, storeScenes } from './store-scenes.ts'
import { killAt, killPointsOf, needStrace, runTraced, type KillPoint } from './traced.ts'

export interface SyscallOptions {
  readonly seed: number
  /** Of each scene, drawn evenly; 0: all of them. */
  readonly points: number
  readonly lanes: number
}

/**
 * Kills each command at each system call by which it changes a file, one run for each, and judges what it left and what the
 * same command makes of it. `wanted` are words that a scene's name begins with; none: all scenes.
 */
export async function killAtSyscalls(options: SyscallOptions, wanted: readonly string[]): Promise<PartReport> {
  await needStrace()
  await using servers = await startServers()
  const { truth, url, guardedUrl } = servers
  const every = [
    ...fetchScenes(url, truth),
    ...fileScenes,
    ...storeScenes,
    ...profileScenes(guardedUrl),
    directorScene(),
  ]
  const scenes = every.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.startsWith(word)))
  const [lines, findings]: [string[], Finding[]] = [[], []]
  let done = 0
  for (const scene of scenes) {
    const played = await playScene(scene, options)
    lines.push(played.line)
    if (options.points === 0) console.error(played.line)
    findings.push(...played.findings)
    done += played.done
  }
  return { lines, findings, done }
}

async function startServers() {
  const count = 400
  const collections = [{ id: collectionId, objects: makeObjects(count), addedAt: stampOf }]
  const open = await startTaxii2Server({ collections, pageCap: 50, thinkMs: 25 })
  const guarded = await startTaxii2Server({ collections, authentication: { scheme: 'basic', needsPassword: true } })
  return {
    url: open.discoveryUrl,
    guardedUrl: guarded.discoveryUrl,
    truth: new Set(open.truth(collectionId, 'last').map(({ id, raw }) => `${id} ${raw}`)),
    async [Symbol.asyncDispose]() {
      await open.close()
      await guarded.close()
    },
  }
}

interface Played {
  readonly line: string
  readonly findings: readonly Finding[]
  readonly done: number
}

async function playScene(scene: Scene, options: SyscallOptions): Promise<Played> {
  await using template = await aFolder()
  await scene.prepare(template.path)
  await using whole = await copyOf(template.path)
  await using stage = await scene.stage?.(whole.path)
  const undisturbed = await traceIn(scene, whole.path)
  if (undisturbed.ended.status !== 0 || stage?.faults().length)
    throw new Error(`${scene.name} does not even work: ${undisturbed.ended.told}`)
  const every = killPointsOf(undisturbed.lines, whole.path)
  const chosen = options.points === 0 ? [...every] : sampleOf(every, options)
  const findings: Finding[] = []
  let killed = 0
  const lane = async (): Promise<void> => {
    for (let point = chosen.shift(); point !== undefined; point = chosen.shift()) {
      const seen = await trial(scene, point, template.path, whole.path)
      if (seen === undefined) continue
      killed += 1
      findings.push(...seen.map((fault) => aFinding(scene, point as KillPoint, fault)))
    }
  }
  await Promise.all(Array.from({ length: options.lanes }, lane))
  const line = `${scene.row} ${scene.name}: killed at ${killed} of ${every.length} system calls, ${findings.length} not held`
  return { line, findings, done: killed }
}

const aFinding = (scene: Scene, point: KillPoint, seen: string): Finding => ({
  what: `${scene.row} ${scene.name}, killed at ${point.call} number ${point.number}: ${point.what}`,
  seen,
  again: `npm run kill -- syscalls --points 0 ${scene.name.split(' ')[0]}`,
})

/** Undefined when the run came to its end before that call: how often something is waited for is not always the same. */
async function trial(
  scene: Scene,
  point: KillPoint,
  template: string,
  whole: string,
): Promise<readonly string[] | undefined> {
  await using folder = await copyOf(template)
  await using stage = await scene.stage?.(folder.path)
  const { ended } = await traceIn(scene, folder.path, killAt(point))
  if (!ended.killed) return ended.status === 0 ? undefined : [`it ended with ${ended.status}: ${ended.told.trim()}`]
  try {
    return [...(await scene.judge(folder.path, whole)), ...(stage?.faults() ?? [])]
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

async function traceIn(scene: Scene, folder: string, inject?: string) {
  await using traces = await aFolder()
  await mkdir(folder, { recursive: true })
  const { argv, env } = scene
  return await runTraced({ folder, argv, env }, path.join(traces.path, 'trace'), { inject })
}

/** One in each of as many stretches of equal length, drawn by the seed. */
function sampleOf(every: readonly KillPoint[], { points, seed }: SyscallOptions): KillPoint[] {
  const random = seeded(seed)
  const count = Math.min(points, every.length)
  const length = every.length / count
  return Array.from({ length: count }, (_, index) => every[Math.floor((index + random()) * length)]).filter(
    (point) => point !== undefined,
  )
}
