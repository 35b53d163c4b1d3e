import { spawn } from 'node:child_process'
import { StixTaxiiError } from '../core/errors.ts'

/** What a hook is told: as JSON on its standard input, and in part as variables. */
export interface HookFailure {
  readonly source: string
  readonly failures: number
  readonly error: { readonly code: string; readonly kind: string; readonly message: string }
  readonly results: readonly unknown[]
}

export interface HookOptions {
  /** Program and arguments; no shell reads them. */
  readonly words: readonly string[]
  /** Passed on without our own variables, which may hold secrets. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly workingDirectory: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * Runs the command of `--on-failure`. What a server said reaches it only as data: on standard input and in variables.
 * @throws WORKFLOW_HOOK_FAILED (local) when it cannot be started, ends with another status than 0, or takes too long.
 */
export function runFailureHook(failure: HookFailure, options: HookOptions): Promise<void> {
  const [program = '', ...args] = options.words
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.workingDirectory,
      env: hookEnvironment(failure, options.environment),
      stdio: ['pipe', 'ignore', 'inherit'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
      signal: options.signal,
    })
    const fail = (reason: string, cause?: unknown): void => reject(hookFailed(program, reason, cause))
    child.on('error', (error) => fail(error.message, error))
    child.on('close', (status, signal) => {
      if (status === 0) resolve()
      else fail(signal ? `ended by ${signal}` : `ended with ${status}`)
    })
    // A hook that does not read its input closes it: that is its choice.
    child.stdin.on('error', () => undefined)
    child.stdin.end(`${JSON.stringify(failure)}\n`)
  })
}

function hookEnvironment(failure: HookFailure, environment: HookOptions['environment']): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith('STIXTAXII_'))
  const value = (text: string): string => text.replaceAll('\0', '')
  return {
    ...Object.fromEntries(kept),
    STIXTAXII_SOURCE: value(failure.source),
    STIXTAXII_FAILURES: String(failure.failures),
    STIXTAXII_ERROR_CODE: value(failure.error.code),
    STIXTAXII_ERROR_KIND: value(failure.error.kind),
    STIXTAXII_ERROR_MESSAGE: value(failure.error.message),
  }
}

function hookFailed(program: string, reason: string, cause: unknown): StixTaxiiError {
  return new StixTaxiiError('WORKFLOW_HOOK_FAILED', `The command of --on-failure, ${program}, ${reason}`, {
    kind: 'local',
    hint: 'It is run without a shell: name a program, and its arguments after it.',
    context: { program },
    cause,
  })
}

/**
 * The words of a command line: blanks part them, quotes hold them together, a backslash takes the next character as it is.
 * Nothing else has a meaning.
 * @throws WORKFLOW_HOOK_UNREADABLE (usage) for an open quote or no word at all.
 */
export function commandWords(text: string): readonly string[] {
  const words: string[] = []
  let [word, quote] = [undefined as string | undefined, undefined as string | undefined]
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string
    if (character === '\\' && quote !== "'" && at + 1 < text.length) word = (word ?? '') + (text[++at] as string)
    else if (quote !== undefined) {
      if (character === quote) quote = undefined
      else word = (word ?? '') + character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (word !== undefined) words.push(word)
  if (quote === undefined && words.length > 0 && words[0] !== '') return words
  throw new StixTaxiiError('WORKFLOW_HOOK_UNREADABLE', `--on-failure "${text}" is not a command`, {
    kind: 'usage',
    hint: 'Write a program and its arguments; close each quote. No shell reads it.',
    context: { command: text },
  })
}
