import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Finding } from '../campaign/report.ts'
import { seeded } from '../campaign/seeded.ts'
import { inLanes } from './lanes.ts'
import { drawn, reportOf, type PartReport, type Played, type ScenesOptions } from './part.ts'
import { aFolder, copyOf, faultsOf, type Scene } from './scene.ts'
import { openScenes } from './scenes.ts'
import { killAt, killPointsOf, needStrace, runTraced, type KillPoint } from './traced.ts'

/**
 * Kills each command at each system call by which it changes a file, one run for each, and judges what it left and what the
 * same command makes of it. `wanted` are words that a scene's name begins with; none: all scenes.
 */
export async function killAtSyscalls(options: ScenesOptions, wanted: readonly string[]): Promise<PartReport> {
  await needStrace()
  await using opened = await openScenes(wanted)
  // Several scenes side by side: what is prepared for one does not keep the other lane waiting.
  const isOne = opened.scenes.length === 1
  const played = await inLanes(opened.scenes, options.lanes, async (scene) => {
    const done = await playScene(scene, options, isOne ? options.lanes : 1)
    if (options.points === 0) console.error(done.line)
    return done
  })
  return reportOf(played)
}

async function playScene(scene: Scene, options: ScenesOptions, lanes: number): Promise<Played> {
  await using template = await aFolder()
  await scene.prepare(template.path)
  await using whole = await copyOf(template.path)
  await using stage = await scene.stage?.(whole.path)
  const undisturbed = await traceIn(scene, whole.path)
  if (undisturbed.ended.status !== 0 || stage?.faults().length)
    throw new Error(`${scene.name} does not even work: ${undisturbed.ended.told}`)
  const every = killPointsOf(undisturbed.lines, whole.path)
  const chosen = drawn(every.length, options.points, seeded(options.seed)).flatMap((index) => every[index] ?? [])
  const tried = await inLanes(chosen, lanes, async (point) => {
    const seen = await trial(scene, point, template.path, whole.path)
    return seen && seen.map((fault) => aFinding(scene, point, fault))
  })
  const findings = tried.flatMap((found) => found ?? [])
  const killed = tried.filter((found) => found !== undefined).length
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
  return await faultsOf(async () => [...(await scene.judge(folder.path, whole)), ...(stage?.faults() ?? [])])
}

async function traceIn(scene: Scene, folder: string, inject?: string) {
  await using traces = await aFolder()
  await mkdir(folder, { recursive: true })
  const { argv, env } = scene
  return await runTraced({ folder, argv, env }, path.join(traces.path, 'trace'), { inject })
}
