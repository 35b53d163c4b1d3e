import { spawn, type ChildProcess } from 'node:child_process'
import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'

export interface HelperOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Default 60 s: some helpers ask a person. */
  readonly timeoutMs?: number | undefined
}

const maxOutputBytes = 65_536

/**
 * Runs a program that prints a secret and gives its standard output. No shell is involved, standard input is empty, and our
 * own `STIXTAXII_` variables, which may be secrets, are not passed on.
 * @throws PROFILE_HELPER_FAILED (auth) when it cannot be started, ends with another status than 0, or takes too long.
 */
export async function runHelper(command: readonly string[], options: HelperOptions): Promise<Buffer> {
  const [program = '', ...args] = command
  if (program === '' || command.some((word) => word.includes('\0'))) throw failed(program, 'it is not a command')
  const env = Object.fromEntries(Object.entries(options.environment).filter(([name]) => !name.startsWith('STIXTAXII_')))
  const child = spawn(program, args, {
    shell: false,
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
    timeout: options.timeoutMs ?? 60_000,
    killSignal: 'SIGKILL',
  })
  const output: Buffer[] = []
  const complaint: Buffer[] = []
  let bytes = 0
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > maxOutputBytes) child.kill('SIGKILL')
    else output.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaint.length < 4) complaint.push(chunk)
  })
  const end = await ended(child)
  if (end instanceof Error) throw failed(program, 'it cannot be started', end)
  if (bytes > maxOutputBytes) throw failed(program, 'it printed more than 64 KiB')
  if (end.code === 0) return Buffer.concat(output)
  const status =
    end.code === null ? `it was stopped by ${end.signal ?? 'a signal'}` : `it ended with status ${end.code}`
  throw failed(program, `${status}${saidBy(complaint, output)}`)
}

/** What it left running may hold its pipes open for ever: a moment after its end nothing more is waited for. */
const lastWordsMs = 500

function ended(child: ChildProcess): Promise<{ code: number | null; signal: string | null } | Error> {
  return new Promise((resolve) => {
    child.once('error', resolve)
    child.once('close', (code, signal) => resolve({ code, signal }))
    child.once('exit', (code, signal) => {
      setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
        resolve({ code, signal })
      }, lastWordsMs).unref()
    })
  })
}

/** What the helper complained, unless it repeats what may be the secret. */
function saidBy(complaint: readonly Buffer[], output: readonly Buffer[]): string {
  const line = Buffer.concat(complaint).toString('utf8').split(/\r?\n/, 1)[0]?.trim() ?? ''
  const printed = Buffer.concat(output).toString('utf8').split(/\s+/)
  if (line === '' || printed.some((word) => word !== '' && line.includes(word))) return ''
  return `: ${printable(line, { maxLength: 200 })}`
}

function failed(program: string, reason: string, cause?: unknown): StixTaxiiError {
  return new StixTaxiiError(
    'PROFILE_HELPER_FAILED',
    `The credential helper "${printable(program)}" gave no secret: ${reason}`,
    {
      kind: 'auth',
      hint: 'Run it by hand: it has to print the secret as its first line and end with status 0.',
      context: { program, reason },
      cause,
    },
  )
}

/**
 * The words of a command as typed in one flag: split at blanks, with single and double quotes around what has some. Nothing
 * is expanded.
 * @throws PROFILE_FLAG_INVALID (usage) for an open quote or no word at all.
 */
export function splitCommand(text: string): string[] {
  const words = text.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? []
  const isWhole = text.replace(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g, '').trim() === ''
  if (words.length > 0 && isWhole) return words.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'))
  throw new StixTaxiiError('PROFILE_FLAG_INVALID', `--secret-command "${printable(text)}" cannot be split into words`, {
    kind: 'usage',
    hint: "Close each quote. No shell reads it; for one, name it: sh -c '...'",
  })
}
