import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { afterAll } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')

/**
 * Bundles a TypeScript program of the tests so that every Node runs it, below the project, where its packages are found.
 * Returns the file to start, which is gone when the tests of this file are over.
 */
export async function buildChild(entry: string): Promise<string> {
  const folder = path.join(root, 'dist', 'test-children')
  await mkdir(folder, { recursive: true })
  const outfile = path.join(folder, `${path.basename(entry, '.ts')}-${process.pid}.mjs`)
  afterAll(() => rm(outfile, { force: true }))
  await build({
    entryPoints: [entry],
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

export interface Child {
  readonly process: ChildProcess
  /** The next line it writes to standard output; rejects when it ends before. */
  line(): Promise<string>
  /** Its exit status, or the signal's name. */
  readonly ended: Promise<number | string>
}

/** Starts a program as a process of its own; standard error goes to ours. */
export function startChild(file: string, argv: readonly string[]): Child {
  const child = spawn(process.execPath, ['--no-warnings', file, ...argv], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = new Promise<number | string>((resolve) => {
    child.on('exit', (status, signal) => resolve(signal ?? status ?? -1))
  })
  return {
    process: child,
    ended,
    async line() {
      const next = await lines.next()
      if (next.done) throw new Error(`the child ended: ${String(await ended)}`)
      return next.value
    },
  }
}
