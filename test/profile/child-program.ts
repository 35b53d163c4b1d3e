import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { build } from 'esbuild'

/** Bundles a TypeScript program of the tests so that any supported Node can run it; gives the file. */
export async function bundleChild(entry: string): Promise<string> {
  // Inside the project, where its packages are found.
  const folder = resolve('node_modules', '.cache', 'stixtaxii-tests', String(process.pid))
  await mkdir(folder, { recursive: true })
  const outfile = join(folder, `${basename(entry, '.ts')}.mjs`)
  await build({
    entryPoints: [resolve(entry)],
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    outfile,
    logLevel: 'error',
  })
  return outfile
}

/** Starts it; `ended` resolves with the exit status and what it said on standard error. */
export function startChild(file: string, args: readonly string[]): { child: ChildProcess; ended: Promise<string> } {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise<string>((done) => {
    child.once('close', (code, signal) => {
      done(`${code ?? signal}${said === '' ? '' : `: ${said}`}`)
    })
  })
  return { child, ended }
}
