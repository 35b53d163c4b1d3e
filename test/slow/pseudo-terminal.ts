import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A program in a real pseudo-terminal, as a person sees it. */
export interface PseudoTerminal extends AsyncDisposable {
  /** What is on the screen now, without colours. */
  screen(): Promise<string>
  /** Waits until the screen has this text; fails with the whole screen after `timeoutMs`. */
  waitFor(text: string | RegExp, timeoutMs?: number): Promise<string>
  /** Types text as it is. */
  type(text: string): Promise<void>
  /** Presses a key by its tmux name: Enter, Down, Space, BSpace, C-c. */
  press(...keys: string[]): Promise<void>
  resize(columns: number, rows: number): Promise<void>
  /** Waits until the program has ended. */
  exitStatus(timeoutMs?: number): Promise<number>
}

/** Whether tmux, which gives the pseudo-terminal, is there. */
export function hasTmux(): boolean {
  try {
    execFileSync('tmux', ['-V'])
    return true
  } catch {
    return false
  }
}

export async function startInTerminal(
  argv: readonly string[],
  options: { columns?: number; rows?: number; env: Readonly<Record<string, string>> },
): Promise<PseudoTerminal> {
  const folder = mkdtempSync(path.join(tmpdir(), 'stixtaxii-tmux-'))
  const [socket, statusFile] = [path.join(folder, 'socket'), path.join(folder, 'status')]
  const tmux = async (...words: string[]): Promise<string> => (await run('tmux', ['-S', socket, ...words])).stdout
  const quoted = [...argv].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const environment = Object.entries(options.env).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const size = ['-x', String(options.columns ?? 80), '-y', String(options.rows ?? 24)]
  // The shell tells how the program ended, which tmux now and then misses, and keeps the screen until we have looked.
  // It outlives a Ctrl-C that is meant for the program.
  const script = `trap : INT; ${quoted}; printf %s $? >'${statusFile}.new'; mv '${statusFile}.new' '${statusFile}'; sleep 600`
  await tmux('-f', '/dev/null', 'new-session', '-d', ...size, ...environment, script)

  const screen = (): Promise<string> => tmux('capture-pane', '-p', '-S', '-1000')
  const until = async <T>(what: string, timeoutMs: number, look: () => Promise<T | undefined>): Promise<T> => {
    const end = performance.now() + timeoutMs
    for (;;) {
      const found = await look()
      if (found !== undefined) return found
      if (performance.now() > end) throw new Error(`waited for ${what}; the screen:\n${await screen()}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return {
    screen,
    waitFor: (text, timeoutMs = 15_000) =>
      until(String(text), timeoutMs, async () => {
        const shown = await screen()
        return (typeof text === 'string' ? shown.includes(text) : text.test(shown)) ? shown : undefined
      }),
    type: async (text) => void (await tmux('send-keys', '-l', text)),
    press: async (...keys) => void (await tmux('send-keys', ...keys)),
    resize: async (columns, rows) => void (await tmux('resize-window', '-x', String(columns), '-y', String(rows))),
    exitStatus: (timeoutMs = 15_000) =>
      until('the end', timeoutMs, async () => {
        const status = await readFile(statusFile, 'utf8').catch(() => undefined)
        return status === undefined ? undefined : Number(status)
      }),
    async [Symbol.asyncDispose]() {
      await tmux('kill-server').catch(() => undefined)
    },
  }
}
