import { mkdirSync, rmSync } from 'node:fs'
import { seeded } from '../campaign/seeded.ts'
import { waysOf, type Point } from './plan.ts'
import { scenarios } from './scenarios.ts'
import { baselineOf, tryPoint, type Trial } from './trial.ts'
import { makeTemplate, type Places } from './world.ts'

/** One command's share of the work. */
export interface Task {
  readonly scenario: string
  readonly seed: number
  /** How many points to try; 0 for all. */
  readonly points: number
  /** The one point to try, from 1; 0 for a sample. */
  readonly call: number
  /** This share of the points, of so many. */
  readonly share: number
  readonly shares: number
}

/** What a command came to. */
export interface Outcome {
  readonly scenario: string
  readonly calls: number
  readonly trials: readonly (Trial & { readonly number: number })[]
  /** It does not even work undisturbed, or the campaign itself failed. */
  readonly broken?: string | undefined
}

/** Works on one command after the other, in a folder of its own, as the parent sends them. */
export function workLane(folder: string, hook: string): void {
  const places: Places = { folder, ports: { taxii2: 0, taxii1: 0, director: 0 } }
  mkdirSync(folder, { recursive: true })
  process.on('message', (task: Task) => {
    void perform(task, { places, hook }).then((outcome) => process.send?.(outcome))
  })
  process.on('disconnect', () => {
    rmSync(folder, { recursive: true, force: true })
    process.exit(0)
  })
}

async function perform(task: Task, place: { places: Places; hook: string }): Promise<Outcome> {
  const empty = { scenario: task.scenario, calls: 0, trials: [] }
  try {
    const scenario = scenarios.find(({ name }) => name === task.scenario)
    if (!scenario) return { ...empty, broken: 'there is no such command' }
    await makeTemplate(scenario, place.places, place.hook)
    const baseline = await baselineOf(scenario, place)
    const trials: Outcome['trials'][number][] = []
    for (const { point, number } of chosen(baseline.points, task)) {
      const random = seeded(hashOf(`${task.seed} ${task.scenario} ${point.call} ${point.nth}`))
      const ways = waysOf(point.call)
      const how = ways[Math.floor(random() * ways.length)] ?? ''
      trials.push({ number, ...(await tryPoint(scenario, baseline, place, { point, how })) })
    }
    return { scenario: task.scenario, calls: baseline.points.length, trials }
  } catch (error) {
    return { ...empty, broken: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

/** The points of a task with their numbers: one in each of as many stretches of equal length, so that none is left out. */
function chosen(points: readonly Point[], task: Task): { readonly point: Point; readonly number: number }[] {
  const every = points.map((point, index) => ({ point, number: index + 1 }))
  if (task.call > 0) return every.slice(task.call - 1, task.call)
  const own = every.filter(({ number }) => number % task.shares === task.share)
  if (task.points === 0 || task.points >= own.length) return own
  const random = seeded(hashOf(`${task.seed} ${task.scenario}`))
  const length = own.length / task.points
  return Array.from({ length: task.points }, (_, index) => own[Math.floor((index + random()) * length)]).filter(
    (one) => one !== undefined,
  )
}

function hashOf(text: string): number {
  let hash = 2_166_136_261
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 16_777_619)
  return hash >>> 0
}
