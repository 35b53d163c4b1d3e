import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { temporaryFolder, type CliResult } from './run-cli.ts'
import { witness } from './witness.ts'

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  readonly stdin?: string | Buffer | undefined
  readonly cwd?: string | undefined
  readonly folder?: string | undefined
  /** Called with the running process, to send it signals. */
  readonly onStart?: ((child: ChildProcess) => void) | undefined
  /** Arguments of Node itself. */
  readonly nodeArguments?: readonly string[] | undefined
  /** A program that starts ours, with its arguments: `['faketime', '-f', '+10y']`. */
  readonly prefix?: readonly string[] | undefined
}

const root = path.resolve(import.meta.dirname, '../..')

/** The built program's file. */
export const programFile = path.join(root, 'bin', 'stixtaxii.js')

/** Starts the built program as a process of its own; `npm run bundle` builds it. Killed by a signal: status is null, so 128 is given. */
export async function runProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<CliResult> {
  if (!existsSync(path.join(root, 'dist', 'bin', 'stixtaxii.js'))) {
    throw new Error('the program is not built: run `npm run bundle` first')
  }
  const folder = options.folder ?? temporaryFolder()
  const line = [...(options.prefix ?? []), process.execPath, ...(options.nodeArguments ?? []), programFile, ...argv]
  const child = spawn(line[0] as string, line.slice(1), {
    cwd: options.cwd ?? folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      STIXTAXII_CONFIG_DIR: path.join(folder, 'config'),
      STIXTAXII_DATA_DIR: path.join(folder, 'data'),
      ...options.env,
    },
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.stdin ?? '')
  options.onStart?.(child)
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve(status ?? 128))
  })
  const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString('utf8')
  const result = { exitCode, stdout: text(stdout), stderr: text(stderr) }
  witness(argv.join(' '), result)
  return result
}
