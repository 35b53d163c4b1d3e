import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, rmSync } from 'node:fs'
import path from 'node:path'
import { environmentOf, type Ended } from './in-process.ts'
import { planVariable, type Plan } from './plan.ts'
import type { Scenario, ServedRequest } from './scenario.ts'

/** What the built program came to, and what it answered while it served. */
export interface Ran extends Ended {
  /** Ended by us after so long that it must be taken for hanging. */
  readonly hung: boolean
  readonly answers: readonly Answer[]
}

/** A server's answer to one request; status 0 when the connection was torn. */
export interface Answer {
  readonly status: number
  readonly body: string
}

export interface Start {
  readonly hook: string
  readonly plan: Plan
  readonly words: readonly string[]
  readonly home: string
}

/** Longer than any wait of the program that is meant: retries, orders, the grace of a stop. */
const patienceMs = 45_000
const program = path.resolve('bin/stixtaxii.js')

/** Runs the built program with the preload, and asks what the scenario asks while it serves. */
export async function runProgram(scenario: Scenario, { hook, plan, words, home }: Start): Promise<Ran> {
  rmSync(plan.trace, { force: true })
  const stdin = openSync(scenario.stdin === undefined ? '/dev/null' : path.join(home, scenario.stdin), 'r')
  const child = spawn(process.execPath, ['--require', hook, program, ...words], {
    cwd: home,
    env: { ...environmentOf(home), ...scenario.env, [planVariable]: JSON.stringify(plan) },
    stdio: [stdin, 'pipe', 'pipe'],
  })
  closeSync(stdin)
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8')
    child[name]?.on('data', (text: string) => (said[name] += text))
  }
  let hung = false
  const timer = setTimeout(() => {
    hung = true
    child.kill('SIGKILL')
  }, patienceMs)
  const ended = new Promise<number>((resolve) => {
    child.on('close', (status, signal) => resolve(status ?? (signal === 'SIGKILL' ? 137 : 128)))
  })
  const answers = scenario.requests ? await serveOnce(child, scenario.requests, said) : []
  const status = await ended
  clearTimeout(timer)
  return { status, ...said, hung, answers }
}

/** Waits for the address, asks everything twice (a fault may have met the first), and stops the program. */
async function serveOnce(
  child: ChildProcess,
  requests: readonly ServedRequest[],
  said: { readonly stdout: string; readonly stderr: string },
): Promise<readonly Answer[]> {
  const ended = new Promise<undefined>((resolve) => child.once('exit', () => resolve(undefined)))
  const listening = async (): Promise<string | undefined> => {
    for (;;) {
      const found = /https?:\/\/127\.0\.0\.1:\d+/.exec(said.stdout + said.stderr)?.[0]
      if (found !== undefined || child.exitCode !== null) return found
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const origin = await Promise.race([listening(), ended])
  if (origin === undefined) return []
  const answers: Answer[] = []
  for (const round of [1, 2]) {
    for (const one of requests) {
      const answer = await Promise.race([ask(origin, one), ended])
      if (answer && round === 2) answers.push(answer)
    }
  }
  child.kill('SIGTERM')
  return answers
}

async function ask(origin: string, { path: at, method = 'GET', headers = {}, body }: ServedRequest): Promise<Answer> {
  try {
    const response = await fetch(origin + at, {
      method,
      headers: { ...headers, connection: 'close' },
      signal: AbortSignal.timeout(8_000),
      ...(body !== undefined && { body }),
    })
    return { status: response.status, body: await response.text() }
  } catch {
    return { status: 0, body: '' }
  }
}
