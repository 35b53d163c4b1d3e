import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { judgeEnd, settledOutput, type Told } from './judge.ts'
import { runHere, type Ended } from './in-process.ts'
import type { Plan, Point } from './plan.ts'
import { secrets, type Scenario } from './scenario.ts'
import { runProgram, type Ran } from './start-program.ts'
import { differences, filesBelow, settledFile, stateOf, type State } from './state.ts'
import { freshWorld, type Places, type World } from './world.ts'

/** How a command ends undisturbed: once, and a second time. */
export interface Baseline {
  readonly points: readonly Point[]
  readonly before: State
  readonly first: Ran
  readonly once: State
  readonly again: Ended
  readonly twice: State
}

/** What one fault came to. */
export interface Trial {
  readonly point: Point
  readonly how: string
  /** False when the call was not made this time. */
  readonly struck: boolean
  readonly status: number
  readonly told: Told | undefined
  readonly wrong: readonly string[]
}

interface Place {
  readonly places: Places
  readonly hook: string
}

/** Runs the command twice without a fault and counts its calls. Throws when it does not even work then. */
export async function baselineOf(scenario: Scenario, place: Place): Promise<Baseline> {
  await using world = await freshWorld(scenario, place.places)
  const before = await wholeState(world)
  const plan = planOf(scenario, place, world)
  const first = await runProgram(scenario, { ...place, plan, words: world.words(scenario.line), home: world.home })
  if (first.hung || ![0, 1].includes(Math.sign(first.status))) throw new Error(`${scenario.name} hangs`)
  if (first.status !== 0) throw new Error(`${scenario.name} does not work undisturbed: ${first.status} ${first.stderr}`)
  const points = pointsIn(readFileSync(plan.trace, 'utf8'))
  const once = await wholeState(world)
  const again = await rerun(scenario, place, world)
  const twice = await wholeState(world)
  const problems = [...before.problems, ...once.problems, ...twice.problems]
  if (problems.length > 0) throw new Error(`${scenario.name}: ${problems.join('; ')}`)
  return { points, before: before.state, first, once: once.state, again, twice: twice.state }
}

/** Fails one call, looks at how the command ends, then runs it again without the fault and looks at what there is. */
export async function tryPoint(
  scenario: Scenario,
  baseline: Baseline,
  place: Place,
  fault: { readonly point: Point; readonly how: string },
): Promise<Trial> {
  await using world = await freshWorld(scenario, place.places)
  const { point, how } = fault
  const plan: Plan = { ...planOf(scenario, place, world), fail: { ...point, how } }
  const ran = await runProgram(scenario, { ...place, plan, words: world.words(scenario.line), home: world.home })
  const struck = existsSync(plan.trace)
  const { wrong, told } = judgeEnd(ran, point)
  const found = [...wrong, ...judgeFiles(scenario, baseline, world), ...judgeSecrets(scenario, world)]
  if (ran.status === 0 && struck) found.push(...(await judgeSuccess(scenario, baseline, { ran, world, fault })))
  found.push(...(await judgeAgain(scenario, baseline, { place, world, fault })))
  return { point, how, struck, status: ran.status, told, wrong: found }
}

interface Seen {
  readonly world: World
  readonly fault: { readonly point: Point; readonly how: string }
}

/** A file that was there is whole: what it was, or what it would be. */
function judgeFiles(scenario: Scenario, baseline: Baseline, { home }: World): string[] {
  const wrong: string[] = []
  for (const [name, old] of baseline.before) {
    const file = path.join(home, name)
    if (name.endsWith('.sqlite') || name.startsWith('server') || old.startsWith('version') || !existsSync(file))
      continue
    const now = stateText(file)
    if (now === undefined || now === old || now === baseline.once.get(name) || now === baseline.twice.get(name))
      continue
    if (scenario.grows?.includes(name) || (scenario.steps?.includes(name) && isJson(file))) continue
    wrong.push(`${name} is neither old nor new: ${now.slice(0, 200)}`)
  }
  return wrong
}

/** Files that may hold a secret: those of the user, the credential stores, the stand-ins. */
function judgeSecrets(scenario: Scenario, { home }: World): string[] {
  const wrong: string[] = []
  for (const file of filesBelow(home)) {
    const name = path.relative(home, file)
    if (name in (scenario.files ?? {}) || /credentials|keyring|director-state|sealed/.test(name)) continue
    if (scenario.holdsSecrets?.includes(name)) continue
    const text = readFileSync(file).toString('latin1')
    for (const secret of Object.values(secrets)) if (text.includes(secret)) wrong.push(`${name} holds ${secret}`)
  }
  return wrong
}

/** It says that all went well: then all is there, and was said. */
async function judgeSuccess(scenario: Scenario, baseline: Baseline, seen: Seen & { ran: Ran }): Promise<string[]> {
  const { ran, world, fault } = seen
  if (fault.point.call.startsWith('clock') || fault.how === 'EPIPE' || scenario.silent) return []
  const wrong: string[] = []
  const { state } = await wholeState(world)
  const missed = differences(baseline.once, withoutGrowth(scenario, state, baseline.once)).filter(
    (said) => !isLeft(fault.point, said),
  )
  if (missed.length > 0) wrong.push(`ends with 0, but ${missed.join('; ')}`)
  if (fault.point.call.startsWith('output')) return wrong
  if (!saysTheSame(ran.stdout, baseline.first.stdout))
    wrong.push(`ends with 0 and says otherwise: ${lineOf(ran.stdout, baseline.first.stdout)}`)
  return wrong
}

/** The same command again: it works, and leaves what it leaves undisturbed. */
async function judgeAgain(scenario: Scenario, baseline: Baseline, seen: Seen & { place: Place }): Promise<string[]> {
  const { place, world, fault } = seen
  const wrong: string[] = []
  const again = await rerun(scenario, place, world)
  if (again.status !== 0 && again.status !== baseline.again.status)
    wrong.push(`run again it ends with ${again.status}: ${again.stderr.trim().slice(0, 400)}`)
  const { state, problems } = await wholeState(world)
  wrong.push(...problems.map((problem) => `the store is harmed: ${problem}`))
  const ends = [baseline.once, baseline.twice].map((end) => differences(end, withoutGrowth(scenario, state, end)))
  if (ends.every((missed) => missed.length > 0)) {
    const [first = []] = [...ends].sort((left, right) => left.length - right.length)
    const left = first.filter((said) => !isLeft(fault.point, said))
    if (left.length > 0) wrong.push(`after the next run ${left.join('; ')}`)
  }
  return wrong
}

/** What could not be removed may still be there. */
function isLeft({ call }: Point, said: string): boolean {
  // Removing a folder reads it first.
  return /^(?:change: |look: readdir tmp)/.test(call) && said.endsWith(' is left')
}

async function rerun(scenario: Scenario, place: Place, world: World): Promise<Ended> {
  const words = world.words(scenario.line)
  if (scenario.requests || scenario.keyring) {
    const plan = planOf(scenario, place, world)
    return runProgram(scenario, { ...place, plan, words, home: world.home })
  }
  const stdin = scenario.stdin === undefined ? undefined : path.join(world.home, scenario.stdin)
  return runHere(words, world.home, { env: scenario.env, stdin })
}

function planOf(scenario: Scenario, { places }: Place, { home }: World): Plan {
  const trace = path.join(places.folder, 'trace')
  return { root: home, trace, keyring: scenario.keyring ? path.join(home, 'keyring.json') : undefined }
}

async function wholeState(world: World): Promise<{ readonly state: State; readonly problems: readonly string[] }> {
  const { state, problems } = await stateOf(world.home)
  return { state: new Map([...state, ...world.servers()]), problems }
}

/** Files that grow with each run hold what they must when they hold something. */
function withoutGrowth({ grows = [] }: Scenario, state: State, model: State): State {
  const changed = new Map(state)
  for (const name of grows) {
    const wanted = model.get(name)
    if (changed.has(name) && wanted !== undefined) changed.set(name, wanted)
  }
  return changed
}

function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, 'utf8'))
    return true
  } catch {
    return false
  }
}

function stateText(file: string): string | undefined {
  const bytes = readFileSync(file)
  return bytes.subarray(0, 15).toString('latin1') === 'SQLite format 3'
    ? undefined
    : settledFile(bytes.toString('utf8'))
}

function pointsIn(trace: string): readonly Point[] {
  const counts = new Map<string, number>()
  const points = trace
    .split('\n')
    .filter((line) => line !== '')
    .map((call) => {
      const nth = (counts.get(call) ?? 0) + 1
      counts.set(call, nth)
      return { call, nth }
    })
  // The clock is read by everything; each tenth reading is enough.
  return points
    .filter(({ call, nth }) => call !== 'clock: now' || nth % 10 === 1)
    .sort((left, right) => (left.call === right.call ? left.nth - right.nth : left.call < right.call ? -1 : 1))
}

/**
 * Whether the output is the model's. The one thing that may be missing is the order of a change whose answer was lost on its
 * way from Director, since only that answer names it: then the row has to say so.
 */
function saysTheSame(ran: string, model: string): boolean {
  const [lines, wanted] = [settledOutput(ran).split('\n'), settledOutput(model).split('\n')]
  const odd = lines.filter((line) => !wanted.includes(line))
  const isOrderLost = odd.some((line) => line.includes('"message": "Director\'s answer was lost'))
  const isAllowed = (line: string): boolean => isOrderLost && /^"(?:order": null|message": ")/.test(line.trim())
  return lines.length === wanted.length && odd.every(isAllowed)
}

function lineOf(ran: string, model: string): string {
  const [lines, wanted] = [settledOutput(ran).split('\n'), settledOutput(model).split('\n')]
  const odd = lines.find((line) => !wanted.includes(line))
  const gone = wanted.find((line) => !lines.includes(line))
  return `"${(gone ?? '').trim().slice(0, 200)}" became "${(odd ?? '').trim().slice(0, 200)}"`
}
