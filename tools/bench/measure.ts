import { spawn } from 'node:child_process'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** What one finished process cost. */
export interface Cost {
  readonly wallMs: number
  readonly cpuMs: number
  /** Largest resident set, MiB. */
  readonly peakMiB: number
  readonly exitCode: number | null
  /** Lines it wrote, where they were to be counted. */
  readonly lines: number
}

export interface Command {
  readonly argv: readonly string[]
  /** File for standard output; default: thrown away. */
  readonly output?: string | undefined
  /** Standard output is read and its lines are counted; `output` is not written. */
  readonly countsLines?: boolean | undefined
  /** What it says on standard error is thrown away: it is meant to fail. */
  readonly silent?: boolean | undefined
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** File for standard input; default: none. */
  readonly input?: string | undefined
}

/**
 * Runs a command as a whole process and returns its cost by the kernel's accounting (`times`-like figures of
 * /usr/bin/time would need a package; bash's own are enough): wall, user + system time, peak memory.
 */
export async function measure(command: Command): Promise<Cost> {
  const report = path.join(tmpdir(), `stixtaxii-bench-${process.pid}-${Math.random().toString(36).slice(2)}`)
  const sink = await open(command.output ?? '/dev/null', 'w')
  const input = await open(command.input ?? '/dev/null')
  try {
    const begun = performance.now()
    const child = spawn(process.execPath, ['-e', accountant, report, ...command.argv], {
      stdio: [input.fd, command.countsLines ? 'pipe' : sink.fd, command.silent ? 'ignore' : 'inherit'],
      env: { ...process.env, ...command.environment },
    })
    let lines = 0
    child.stdout?.on('data', (chunk: Buffer) => (lines += linesIn(chunk)))
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    const wallMs = performance.now() - begun
    const file = await open(report)
    const figures = JSON.parse(await file.readFile('utf8')) as { wallMs: number; cpuMs: number; peakKiB: number }
    await file.close()
    return { wallMs: figures.wallMs || wallMs, cpuMs: figures.cpuMs, peakMiB: figures.peakKiB / 1024, exitCode, lines }
  } finally {
    await sink.close()
    await input.close()
    await rm(report, { force: true })
  }
}

function linesIn(chunk: Buffer): number {
  let lines = 0
  for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) lines++
  return lines
}

/**
 * Started as a process of its own so that the kernel's figures for its only child are that child's: it reads them from
 * /proc just before and after, and from the wait status.
 */
const accountant = `
const { spawn } = require('node:child_process'); const fs = require('node:fs')
const [report, program, ...args] = process.argv.slice(1)
const begun = process.hrtime.bigint()
const child = spawn(program, args, { stdio: 'inherit' })
let peakKiB = 0, ticks = 0
const look = () => { try {
  const status = fs.readFileSync('/proc/' + child.pid + '/status', 'utf8'); peakKiB = Math.max(peakKiB, Number(/VmHWM:\\s+(\\d+)/.exec(status)?.[1] ?? 0))
  } catch {} }
const timer = setInterval(look, 20)
child.on('exit', (code) => {
  clearInterval(timer)
  const wallMs = Number(process.hrtime.bigint() - begun) / 1e6
  const stat = fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')
  // cutime and cstime: fields 16 and 17, in clock ticks of 10 ms, of children that were waited for
  const cpuMs = (Number(stat[13]) + Number(stat[14])) * 10
  fs.writeFileSync(report, JSON.stringify({ wallMs, cpuMs, peakKiB })); process.exit(code ?? 1)
})
`

/** Interleaves commands `repetitions` times (A B A B ...) after one warm-up each; costs per command in order. */
export async function interleave(
  commands: readonly Command[],
  repetitions: number,
): Promise<readonly (readonly Cost[])[]> {
  const costs: Cost[][] = commands.map(() => [])
  for (let round = -1; round < repetitions; round++) {
    for (const [index, command] of commands.entries()) {
      const cost = await measure(command)
      if (cost.exitCode !== 0) throw new Error(`exit status ${cost.exitCode}: ${command.argv.join(' ')}`)
      if (round >= 0) costs[index]?.push(cost)
    }
  }
  return costs
}
