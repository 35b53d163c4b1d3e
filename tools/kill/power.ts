import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Finding } from '../campaign/report.ts'
import { seeded } from '../campaign/seeded.ts'
import { diskCallsOf, type DiskCall } from './disk-calls.ts'
import { newDisk, type Contents } from './disk.ts'
import { inLanes } from './lanes.ts'
import { drawn, reportOf, type PartReport, type Played, type ScenesOptions } from './part.ts'
import { aFolder, copyOf, faultsOf, type Scene } from './scene.ts'
import { openScenes } from './scenes.ts'
import { readStored, storeFileOf } from './stored.ts'
import { needStrace, runTraced } from './traced.ts'

/**
 * Cuts the power of each command: from the calls by which it changed files, and those by which it synced them, a disk is made
 * as it may be found after the cut, and judged as after a kill. What a command said is done must be there whatever was cached.
 */
export async function cutPower(options: ScenesOptions, wanted: readonly string[]): Promise<PartReport> {
  await needStrace()
  await using opened = await openScenes(wanted)
  // What stands on the other side of a stage cannot be put back to the moment of a cut.
  const scenes = opened.scenes.filter(({ stage }) => stage === undefined)
  const played = await inLanes(scenes, options.lanes, (scene) => playScene(scene, options))
  return reportOf(played)
}

async function playScene(scene: Scene, { seed, points }: ScenesOptions): Promise<Played> {
  await using template = await aFolder()
  await scene.prepare(template.path)
  const before = await contentsOf(template.path)
  await using whole = await copyOf(template.path)
  const calls = await callsOf(scene, whole.path)
  await knowsAll(scene, before, calls, whole.path)
  const random = seeded(seed)
  const wanted = new Set(drawn(calls.length, points, random))
  const findings: Finding[] = []
  let cuts = 0
  const disk = newDisk(before)
  for (const [index, call] of calls.entries()) {
    disk.take(call)
    const isDone = index === calls.length - 1
    if (!wanted.has(index) && !isDone) continue
    cuts += 1
    const left = isDone ? disk.cut(random, 0) : disk.cut(random)
    const faults = await judgeCut(scene, left, whole.path, isDone ? disk.seen() : undefined)
    const what = `L2 ${scene.name}, power cut after call ${index + 1}: ${toldOf(call)}`
    const again = `npm run kill -- power --seed ${seed} --points ${points} '${scene.name}'`
    findings.push(...faults.map((seen) => ({ what, seen, again })))
  }
  const line = `L2 ${scene.name}: power cut after ${cuts} of ${calls.length} calls, ${findings.length} not held`
  return { line, findings, done: cuts }
}

async function callsOf({ name, argv, env }: Scene, folder: string): Promise<readonly DiskCall[]> {
  await using traces = await aFolder()
  const { ended, lines } = await runTraced({ folder, argv, env }, path.join(traces.path, 'trace'), { wholeData: true })
  if (ended.status !== 0) throw new Error(`${name} does not even work: ${ended.told}`)
  return diskCallsOf(lines, folder)
}

/** Memory that processes share over a file is gone with them, and made anew. */
const isShared = (name: string): boolean => name.endsWith('-shm')

/** A model that misses a write would find nothing: it must see what the system sees. */
async function knowsAll(scene: Scene, before: Contents, calls: readonly DiskCall[], whole: string): Promise<void> {
  const disk = newDisk(before)
  for (const call of calls) disk.take(call)
  const [seen, there] = [disk.seen(), await contentsOf(whole)]
  for (const name of new Set([...seen.keys(), ...there.keys()])) {
    if (isShared(name) || (seen.has(name) === there.has(name) && sameBytes(seen.get(name), there.get(name)))) continue
    throw new Error(`${scene.name}: the disk is not as its calls tell: ${name}`)
  }
}

const sameBytes = (one: Buffer | undefined, other: Buffer | undefined): boolean =>
  one === undefined || other === undefined ? one === other : one.equals(other)

/** `done` is what a command that has ended well left, as the running system sees it. */
async function judgeCut(scene: Scene, contents: Contents, whole: string, done?: Contents): Promise<readonly string[]> {
  await using folder = await aFolder()
  for (const [name, bytes] of contents) {
    const place = path.join(folder.path, name)
    await mkdir(bytes === undefined ? place : path.dirname(place), { recursive: true, mode: 0o700 })
    if (bytes !== undefined && !isShared(name)) await writeFile(place, bytes, { mode: 0o600 })
  }
  return await faultsOf(async () => {
    const lost = done === undefined ? [] : await judgeDone(folder.path, whole, done)
    return [...lost, ...(await scene.judge(folder.path, whole))]
  })
}

/** The command has ended well, so all that it left must be on the disk. */
async function judgeDone(folder: string, whole: string, done: Contents): Promise<string[]> {
  const kept = await contentsOf(folder)
  const faults: string[] = []
  for (const [name, bytes] of done) {
    if (bytes === undefined || isShared(name) || path.basename(name).startsWith(path.basename(storeFileOf(''))))
      continue
    if (!sameBytes(kept.get(name), bytes)) faults.push(`${name} was not synced when the command had ended`)
  }
  const [store, wanted] = [await readStored(storeFileOf(folder)), await readStored(storeFileOf(whole))]
  const same = JSON.stringify(store?.versions.toSorted()) === JSON.stringify(wanted?.versions.toSorted())
  return same && store?.checkpoints.join() === wanted?.checkpoints.join()
    ? faults
    : [...faults, 'the store was not synced when the command had ended']
}

function toldOf(call: DiskCall): string {
  if (call.kind === 'write') return `${call.data.length} bytes written at ${call.at ?? 'the position'}`
  return Object.values(call)
    .filter((value) => typeof value !== 'object')
    .join(' ')
}

async function contentsOf(folder: string): Promise<Contents> {
  const contents = new Map<string, Buffer | undefined>()
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    const place = path.join(entry.parentPath, entry.name)
    const name = path.relative(folder, place)
    contents.set(name, entry.isDirectory() ? undefined : await readFile(place))
  }
  return contents
}
