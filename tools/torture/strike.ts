import { appendFileSync, writeFileSync } from 'node:fs'
import { getSystemErrorMap } from 'node:util'
import path from 'node:path'
import type { Plan } from './plan.ts'

/** Before they are wrapped. */
const [append, write] = [appendFileSync, writeFileSync]
const most = 40_000

/** Told of each fallible call before it is made. */
export interface Strikes {
  readonly plan: Plan
  /** The call as points name it; undefined for a path that is none of the user's. */
  target(file: unknown): string | undefined
  /** Counts the call; how it is to fail, where it is the one. */
  on(kind: string, what: string): string | undefined
}

/** Counts calls by their names, and picks the one of the plan. */
export function newStrikes(plan: Plan): Strikes {
  const counts = new Map<string, number>()
  const calls: string[] = []
  const { fail } = plan
  if (!fail) process.on('exit', () => append(plan.trace, calls.map((call) => `${call}\n`).join('')))
  return {
    plan,
    target: (file) => targetOf(plan.root, file),
    on(kind, what) {
      const call = `${kind}: ${what}`
      const nth = (counts.get(call) ?? 0) + 1
      counts.set(call, nth)
      if (!fail && calls.length < most) calls.push(call)
      if (fail?.call !== call || fail.nth !== nth) return undefined
      write(plan.trace, `${call} #${nth} ${fail.how}\n${new Error('here').stack ?? ''}\n`)
      return fail.how
    },
  }
}

function targetOf(root: string, file: unknown): string | undefined {
  const text = file instanceof URL ? file.pathname : Buffer.isBuffer(file) ? file.toString() : file
  if (typeof text !== 'string') return undefined
  const full = path.resolve(text)
  if (full !== root && !full.startsWith(`${root}/`)) return undefined
  return plain(path.relative(root, full)) || '.'
}

/** Without what differs from run to run: identifiers, digits of ports and processes. */
export function plain(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '*')
    .replace(/(?<![a-z0-9])(?=[0-9a-f]*\d)[0-9a-f]{8,}(?![a-z0-9])/gi, '*')
    .replace(/\d{3,}/g, '*')
    .replace(/stixtaxii-[A-Za-z0-9]{6}\b/g, 'stixtaxii-*')
}

/** An error as Node makes it of a refused system call. */
export function systemError(code: string, syscall: string, file?: string): NodeJS.ErrnoException {
  const [errno, [, words = '']] = [...getSystemErrorMap()].find(([, [name]]) => name === code) ?? [0, ['', code]]
  const place = file === undefined ? '' : ` '${file}'`
  return Object.assign(new Error(`${code}: ${words}, ${syscall}${place}`), {
    errno,
    code,
    syscall,
    ...(file !== undefined && { path: file }),
  })
}
