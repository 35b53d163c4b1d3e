import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'

/** A program on a pseudo-terminal: what it shows can be waited for, keys can be pressed. */
export interface PseudoTerminal {
  /** Resolves when `text` appears after what was waited for last; rejects with all that was shown after 15 s. */
  shows(text: string): Promise<void>
  press(keys: string): void
  /** All that was shown, escape sequences taken out. */
  screen(): string
  /** All that was shown, as it came. */
  raw(): string
  readonly ended: Promise<number>
}

export const enter = '\r'
export const down = '\u001b[B'
export const space = ' '
export const ctrlC = '\u0003'

/** Whether util-linux's `script`, which lends a pseudo-terminal, is here. */
export const hasPseudoTerminal = process.platform === 'linux' && isUtilLinuxScript()

function isUtilLinuxScript(): boolean {
  if (!existsSync('/usr/bin/script')) return false
  try {
    return execFileSync('/usr/bin/script', ['--version'], { encoding: 'utf8' }).includes('util-linux')
  } catch {
    return false
  }
}

/** Starts a program with standard input, output and error on a pseudo-terminal of its own. */
export function onTerminal(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): PseudoTerminal {
  const quoted = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const child = spawn('/usr/bin/script', ['-qefc', `stty cols 100 rows 40; exec ${quoted}`, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'xterm-256color', LANG: 'C.UTF-8', SHELL: '/bin/sh', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let all = ''
  let seen = 0
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (chunk: string) => {
    all += chunk
    for (const look of waiting) look()
  })
  const ended = new Promise<number>((resolve) => {
    child.once('close', (code) => {
      resolve(code ?? -1)
    })
  })
  const screen = (): string => withoutEscapes(all)
  return {
    shows: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const at = screen().indexOf(text, seen)
          if (at < 0) return
          seen = at + text.length
          stop()
          // A question is drawn before its keys are listened to.
          setTimeout(resolve, 80)
        }
        const timer = setTimeout(() => {
          stop()
          reject(new Error(`"${text}" was not shown:\n${screen().slice(-3000)}`))
        }, 15_000)
        const stop = (): void => {
          waiting.delete(look)
          clearTimeout(timer)
        }
        waiting.add(look)
        look()
      }),
    press: (keys) => void child.stdin.write(keys),
    screen,
    raw: () => all,
    ended,
  }
}

function withoutEscapes(text: string): string {
  return text.replace(/\u001b(?:\[[0-9;?]*[A-Za-z]|\][^\u0007]*\u0007|[=>78])/g, '').replaceAll('\r', '')
}
