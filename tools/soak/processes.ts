import { spawn, type ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { environmentOf, programFile } from '../campaign/program.ts'
import type { Sample } from './slopes.ts'

/** A part of the product that runs all the time, and what was measured of it. */
export interface Watched {
  readonly name: string
  readonly child: ChildProcess
  /** Exit status, or the signal's name. */
  readonly ended: Promise<number | string>
  readonly series: Readonly<Record<Measure, Sample[]>>
  /** The last lines of standard error. */
  readonly said: string[]
}

export const measures = ['rss MB', 'anonymous MB', 'descriptors', 'threads'] as const
export type Measure = (typeof measures)[number]

/** Starts a command of the built program that lasts; its lines of standard output go to `onLine`. */
export function startLasting(
  folder: string,
  name: string,
  argv: readonly string[],
  onLine: (line: string) => void,
): Watched {
  const child = spawn(process.execPath, [programFile, ...argv], {
    cwd: folder,
    env: environmentOf(folder),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said: string[] = []
  createInterface({ input: child.stdout }).on('line', onLine)
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line)
    if (said.length > 200) said.shift()
  })
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (status, signal) => resolve(signal ?? status ?? -1))
  })
  const series = { 'rss MB': [], 'anonymous MB': [], descriptors: [], threads: [] }
  return { name, child, ended, series, said }
}

/** Reads what the kernel says of a process; false when it is gone. */
export function measure({ child, series }: Watched, atMs: number): boolean {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
    const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
    series['rss MB'].push({ atMs, value: kilobytes('VmRSS') / 1024 })
    series['anonymous MB'].push({ atMs, value: kilobytes('RssAnon') / 1024 })
    series.threads.push({ atMs, value: kilobytes('Threads') })
    series.descriptors.push({ atMs, value: readdirSync(`/proc/${child.pid}/fd`).length })
    return true
  } catch {
    return false
  }
}

/** Size of a file in MB; 0 when there is none. */
export function sizeOf(file: string): number {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) / 1024 / 1024
}
