import { exitStatusOfKind } from '../../src/core/errors.ts'
import type { Point } from './plan.ts'
import { secrets } from './scenario.ts'
import type { Ran } from './start-program.ts'
import { settled } from './state.ts'

/** The error record of a run that failed, as JSON or as lines for a person. */
export interface Told {
  readonly code: string
  readonly kind: string
  readonly message: string
  readonly hint: string | null
}

/** Kinds that each sort of fault may end in, besides `partial` and a conflict with what is half done. */
const kindsOf: Readonly<Record<string, readonly string[]>> = {
  files: ['local', 'config', 'not-found', 'usage', 'conflict', 'auth', 'pending', 'refused'],
  db: ['local', 'conflict', 'pending'],
  network: ['network', 'protocol', 'pending', 'remote', 'local'],
  streams: ['local', 'usage'],
  spawn: ['auth', 'config', 'local'],
  keyring: ['config', 'auth', 'local'],
  random: ['local', 'config', 'auth', 'conflict', 'pending'],
  clock: Object.keys(exitStatusOfKind).filter((kind) => kind !== 'internal'),
}

function sortOf(call: string): string {
  const [kind = ''] = call.split(':', 1)
  if (kind.startsWith('db')) return 'db'
  if (['connect', 'resolve', 'receive', 'send', 'listen'].includes(kind)) return 'network'
  if (kind === 'output' || kind === 'input') return 'streams'
  return kind in kindsOf ? kind : 'files'
}

/** What is wrong with how a run with one fault ended, in words; none when it ended cleanly, well or badly. */
export function judgeEnd(
  ran: Ran,
  point: Point,
): { readonly wrong: readonly string[]; readonly told: Told | undefined } {
  const wrong: string[] = []
  const both = `${ran.stdout}\n${ran.stderr}`
  if (ran.hung) wrong.push('hangs')
  for (const secret of Object.values(secrets)) if (both.includes(secret)) wrong.push(`shows the secret ${secret}`)
  if (/^\s+at .+:\d+:\d+\)?$/m.test(ran.stderr)) wrong.push(`shows a stack: ${firstLine(ran.stderr)}`)
  if (/\[object \w+\]/.test(both)) wrong.push('says [object Object]')
  const records = recordsIn(ran.stderr)
  const [found] = records
  const told = found && { ...found, kind: found.kind || kindOf(ran.status) }
  const cannotTell = point.call === 'output: standard error'
  if (ran.status === 0) {
    if (records.length > 0) wrong.push(`ends with 0 after an error: ${told?.message ?? ''}`)
    return { wrong, told }
  }
  if (records.length !== 1 && !cannotTell)
    wrong.push(`${records.length} error records, status ${ran.status}: ${ran.stderr.slice(0, 400)}`)
  if (told === undefined) return { wrong, told }
  const expected = (exitStatusOfKind as Readonly<Record<string, number>>)[told.kind]
  if (expected !== undefined && expected !== ran.status) wrong.push(`kind ${told.kind} ends with ${ran.status}`)
  const allowed = kindsOf[sortOf(point.call)] ?? []
  if (told.kind !== 'partial' && !allowed.includes(told.kind)) wrong.push(`is of kind ${told.kind}: ${told.message}`)
  wrong.push(...judgeWords(told))
  return { wrong, told }
}

function judgeWords({ message, hint }: Told): string[] {
  const wrong: string[] = []
  if (/\b(?:undefined|NaN)\b/.test(`${message} ${hint ?? ''}`)) wrong.push(`says undefined: ${message}`)
  if (/(?:^|: |(?:read|written|used) \()(?:E[A-Z]{3,}\d*|ERR_\w+|SQLITE_\w+)[).]?$/.test(message))
    wrong.push(`a bare error number: ${message}`)
  if (hint === null || hint === '') wrong.push(`no hint: ${message}`)
  return wrong
}

/** Each error record in what was told: a line of JSON, or a line that begins with `error:` and ends in its code. */
function recordsIn(stderr: string): Told[] {
  const lines = stderr.split('\n')
  return lines.flatMap((line, at): Told[] => {
    const text = /^error: (.*) \[([A-Z0-9_]+)\]$/.exec(line)
    if (text) {
      const hint = /^hint: (.*)$/.exec(lines[at + 1] ?? '')?.[1] ?? null
      return [{ code: text[2] ?? '', kind: '', message: text[1] ?? '', hint }]
    }
    if (!line.startsWith('{"error":')) return []
    try {
      return [(JSON.parse(line) as { error: Told }).error]
    } catch {
      return [{ code: 'cut', kind: '', message: `a record that is no JSON: ${line}`, hint: null }]
    }
  })
}

/** In lines for a person the kind is in the status only. */
function kindOf(status: number): string {
  return Object.entries(exitStatusOfKind).find(([, each]) => each === status)?.[0] ?? ''
}

const firstLine = (text: string): string => text.trim().split('\n').slice(0, 3).join(' | ')

/** What a command writes to standard output, without what differs from run to run, its lines in order of the alphabet. */
export function settledOutput(stdout: string): string {
  return settled(stdout).split('\n').sort().join('\n')
}
