import { spawn } from 'node:child_process'
import path from 'node:path'

/** How a command of the built program ended. */
export interface Ended {
  readonly status: number | null
  /** By SIGKILL: ours, or the one that strace gave at a system call. */
  readonly killed: boolean
  readonly stdout: string
  /** Both streams, for a report. */
  readonly told: string
}

export interface ProgramRun {
  /** Holds `config` and `data`, and is where it is started. */
  readonly folder: string
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>> | undefined
  /** SIGKILL so long after the start. */
  readonly killAfterMs?: number | undefined
  /** A command line that starts it, as of strace; what follows it is added. */
  readonly under?: readonly string[] | undefined
  readonly nodeArguments?: readonly string[] | undefined
}

/** The program under test, of this checkout. */
export const programFile = path.resolve('bin/stixtaxii.js')

/** What every run has for an environment: folders of its own, and nothing of the user's. */
export function environmentOf(folder: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    STIXTAXII_CONFIG_DIR: path.join(folder, 'config'),
    STIXTAXII_DATA_DIR: path.join(folder, 'data'),
  }
}

/** Runs one command line of the built program to its end, or to its kill. */
export function runProgram({
  folder,
  argv,
  env,
  killAfterMs,
  under = [],
  nodeArguments = [],
}: ProgramRun): Promise<Ended> {
  const [first = process.execPath, ...rest] = [...under, process.execPath, ...nodeArguments, programFile, ...argv]
  const child = spawn(first, rest, {
    cwd: folder,
    env: { ...environmentOf(folder), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, told]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => {
    stdout.push(chunk)
    told.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => told.push(chunk))
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => {
      clearTimeout(timer)
      const [out, all] = [stdout, told].map((chunks) => Buffer.concat(chunks).toString('utf8'))
      resolve({ status, killed: signal === 'SIGKILL', stdout: out ?? '', told: all ?? '' })
    })
  })
}
