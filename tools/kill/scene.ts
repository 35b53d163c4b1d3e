import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runProgram, type Ended } from '../campaign/program.ts'

/** One command that is killed, and what has to hold after that. */
export interface Scene {
  readonly name: string
  /** Number of the requirement in the fault matrix. */
  readonly row: string
  /** Makes what is there before, once; every trial gets a copy of the folder. */
  prepare(folder: string): Promise<void>
  /** Made for each trial, for what cannot be copied, as a server; disposed when it is over. */
  stage?(folder: string): Promise<Stage>
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Sentences about what does not hold; `whole` is the folder after a run that nothing disturbed. */
  judge(folder: string, whole: string): Promise<readonly string[]>
}

/** The other side of one trial. */
export interface Stage extends AsyncDisposable {
  /** Sentences about what it saw that must not be. */
  faults(): readonly string[]
}

/** What does not hold; a judge that throws found that. */
export async function faultsOf(judge: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await judge()
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

const base = path.join(tmpdir(), 'stixtaxii-kill-')

/** A folder that is removed when it is disposed. */
export async function aFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const made = await mkdtemp(base)
  return { path: made, [Symbol.asyncDispose]: () => rm(made, { recursive: true, force: true }) }
}

/** A fresh folder as the scene wants it. */
export async function copyOf(template: string): Promise<Awaited<ReturnType<typeof aFolder>>> {
  const folder = await aFolder()
  await cp(template, folder.path, { recursive: true, mode: 0 })
  return folder
}

/** Runs a command that must end well. Throws an Error with what it said. */
export async function mustRun(
  folder: string,
  argv: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<Ended> {
  await mkdir(folder, { recursive: true })
  const ended = await runProgram({ folder, argv, env })
  if (ended.status !== 0) throw new Error(`stixtaxii ${argv.join(' ')} ended with ${ended.status}: ${ended.told}`)
  return ended
}
