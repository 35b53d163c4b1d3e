import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SimulatedResponse } from '../../src/simulate/loopback-server.ts'
import type { OutputFormat } from '../../src/output/writer.ts'
import { faultsOf, formats, namesBelow } from './judge.ts'
import type { Scene } from './scenes.ts'
import { placesOf } from './spoiled.ts'
import { hostileTexts, rawIn } from './texts.ts'

/** One try: which place of which answer has which text, and how the command shows it. */
export interface Try {
  /** Of the command's answers, from 0. */
  readonly answer: number
  readonly place: string
  readonly text: string
  readonly format: OutputFormat
  readonly onTerminal: boolean
}

/** A place of one of the answers that a command gets. */
export interface PlaceOfScene extends Pick<Try, 'answer' | 'place'> {
  /** What stands there comes out of the command again. */
  readonly isShown: boolean
}

/** The places of every answer that a command gets. */
export async function placesOfScene(scene: Scene): Promise<readonly PlaceOfScene[]> {
  const answers: SimulatedResponse[] = []
  await using running = await scene.start((response) => {
    answers.push(response)
    return response
  })
  const words = [...scene.words.split(' '), ...(scene.isBytes ? [] : ['-o', 'json'])]
  const { exitCode, stdout, stderr } = await running.run(words, undefined)
  if (exitCode === 2 || exitCode === 1 || exitCode === 3) throw new Error(`${scene.name} is no command line: ${stderr}`)
  const said = stdout + stderr
  return answers.flatMap((response, answer) =>
    placesOf(response).map(({ name, old }) => ({
      answer,
      place: name,
      isShown: old.length > 2 && said.includes(old),
    })),
  )
}

/** `count` tries over all places of a scene: each place in turn, each text in turn, each way of showing it in turn. */
export function triesOf(
  places: readonly Pick<Try, 'answer' | 'place'>[],
  { count, from = 0 }: { readonly count: number; readonly from?: number },
): readonly Try[] {
  const texts = Object.keys(hostileTexts)
  return Array.from({ length: count }, (_, index) => {
    // A prime, so that few tries lie all over the places.
    const at = (from + index) * 7919
    const round = Math.floor(at / places.length)
    const { answer, place } = places[at % places.length] ?? { answer: 0, place: 'body' }
    const turn = at + round * 7
    return {
      answer,
      place,
      text: texts[turn % texts.length] ?? '',
      format: formats[(turn + round) % formats.length] ?? 'table',
      onTerminal: turn % 5 === 0,
    }
  })
}

/** Runs the tries of a scene, each against a server of its own; gives what did not hold, in words. */
export async function faultsOfScene(scene: Scene, tries: readonly Try[]): Promise<readonly string[]> {
  const faults: string[] = []
  for (const each of tries) {
    const words = `${each.text} in ${each.place} of answer ${each.answer}, ${each.format}${each.onTerminal ? ', terminal' : ''}`
    for (const fault of await faultsOfTry(scene, each)) faults.push(`${scene.name}: ${words}: ${fault}`)
  }
  return faults
}

async function faultsOfTry(scene: Scene, { answer, place, text, format, onTerminal }: Try): Promise<readonly string[]> {
  let answers = 0
  await using running = await scene.start((response) => {
    if (answers++ !== answer) return response
    const found = placesOf(response).find(({ name }) => name === place)
    return found?.put(hostileTexts[text] ?? '') ?? response
  })
  const before = namesBelow(running.folder)
  const output = scene.isBytes ? (format === 'json' ? ['-o', 'ndjson'] : []) : ['-o', format]
  const trace = join(running.folder, 'trace.ndjson')
  const result = await running.run(
    [...scene.words.split(' '), ...output, '--trace-http', trace],
    onTerminal ? 60 + (answers % 2) : undefined,
  )
  const shownAs = scene.isBytes ? (format === 'json' ? 'ndjson' : 'table') : format
  const faults = faultsOf(result, { format: shownAs, onTerminal, isBytes: scene.isBytes })
  const traced = existsSync(trace) ? readFileSync(trace, 'utf8') : ''
  const inTrace = rawIn(traced)
  if (inTrace !== undefined) faults.push(`the trace has ${inTrace}`)
  for (const line of traced.split('\n').filter(Boolean)) {
    try {
      JSON.parse(line)
    } catch {
      faults.push(`the trace has a line that is no JSON: ${line.slice(0, 80)}`)
    }
  }
  // The command's own folders: store, trace, checkpoints; nothing has a name that a server gave.
  const made = namesBelow(running.folder).filter((name) => !before.includes(name))
  const strange = made.filter((name) => !/^(?:trace\.ndjson|(?:data|config)(?:\/[\w.-]+)*)$/.test(name))
  if (strange.length > 0) faults.push(`files named ${JSON.stringify(strange)}`)
  return faults
}
