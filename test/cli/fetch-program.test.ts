import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, openSync, closeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import type { Taxii2Server } from '../../src/simulate/taxii2-server.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { someIndicators } from '../support/indicators.ts'
import type { CliResult } from '../support/run-cli.ts'
import { programFile, runProgram } from '../support/run-program.ts'

const count = 60
const objects = someIndicators(count)

/** A server that gives `pages` pages of ten objects and then stands still until it is let go. */
interface Gate extends AsyncDisposable {
  readonly server: Taxii2Server
  /** Resolves when a request waits. */
  readonly reached: Promise<void>
  open(): void
}

async function startGate(pages: number): Promise<Gate> {
  let [given, isOpen] = [0, false]
  let open = (): void => undefined
  let reach = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  const reached = new Promise<void>((resolve) => (reach = resolve))
  const server = await startTaxii2Server({
    collections: [{ id: 'c1', objects }],
    pageCap: 10,
    async onRequest(request) {
      if (isOpen || !request.path.endsWith('/objects/') || given++ < pages) return undefined
      reach()
      await opened
      return undefined
    },
  })
  return {
    server,
    reached,
    open() {
      isOpen = true
      open()
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}

const since = ['--since', '2025-12-01T00:00:00Z']

function fetchFrom(
  server: Taxii2Server,
  folder: string,
  more: readonly string[] = [],
  onStart?: (child: ChildProcess) => void,
) {
  const env = { STIXTAXII_URL: server.discoveryUrl }
  return runProgram(['fetch', ...since, '-o', 'json', ...more], { folder, env, onStart })
}

const totals = (result: CliResult) => (JSON.parse(result.stdout) as { totals: Record<string, number> }).totals

describe('two fetches of one source', () => {
  it('L7 the second waits, then ends as a conflict that names the first, which is not disturbed', async () => {
    await using gate = await startGate(2)
    const folder = temporaryFolder()
    let pid: number | undefined
    const first = fetchFrom(gate.server, folder, [], (child) => (pid = child.pid))
    await gate.reached
    const second = await fetchFrom(gate.server, folder, ['--lock-timeout', '300ms'])
    expect(second.exitCode).toBe(6)
    expect(second.stderr).toContain(String(pid))
    gate.open()
    expect(totals(await first)).toMatchObject({ new: count })
  })

  it('L7 a killed holder holds nothing: the next goes on at once', async () => {
    await using gate = await startGate(2)
    const folder = temporaryFolder()
    let kill = (): void => undefined
    const first = fetchFrom(gate.server, folder, [], (child) => (kill = () => void child.kill('SIGKILL')))
    await gate.reached
    kill()
    await first
    gate.open()
    const second = await fetchFrom(gate.server, folder, ['--lock-timeout', '1s'])
    expect(second.exitCode).toBe(0)
    const third = totals(await fetchFrom(gate.server, folder))
    expect(third).toMatchObject({ new: 0, unchanged: count })
  })

  it('L7 eight at once store each object once', async () => {
    await using gate = await startGate(1_000)
    const folder = temporaryFolder()
    const all = await Promise.all(
      Array.from({ length: 8 }, () => fetchFrom(gate.server, folder, ['--lock-timeout', '60s'])),
    )
    expect(all.map(({ exitCode }) => exitCode)).toEqual(Array(8).fill(0))
    expect(all.reduce((sum, result) => sum + (totals(result).new ?? 0), 0)).toBe(count)
  }, 60_000)
})

describe('L6 a fetch that is stopped', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    'by %s ends with %i within two seconds, keeps its pages, and the next goes on there',
    async (signal, exitCode) => {
      await using gate = await startGate(3)
      const folder = temporaryFolder()
      let child: ChildProcess | undefined
      const stopped = fetchFrom(gate.server, folder, [], (started) => (child = started))
      await gate.reached
      // Pages that came are stored within 200 ms.
      await new Promise((resolve) => setTimeout(resolve, 400))
      const began = performance.now()
      child?.kill(signal)
      const result = await stopped
      expect(performance.now() - began).toBeLessThan(2_000)
      expect(result.exitCode).toBe(exitCode)
      expect(JSON.parse(result.stdout)).toMatchObject({ results: [{ status: 'cancelled', new: 30 }] })
      expect(result.stderr).not.toContain('    at ')
      gate.open()
      expect(totals(await fetchFrom(gate.server, folder))).toMatchObject({ new: 30, unchanged: 0 })
    },
  )

  it('by SIGINT twice ends at once and is still safe', async () => {
    await using gate = await startGate(3)
    const folder = temporaryFolder()
    let child: ChildProcess | undefined
    const stopped = fetchFrom(gate.server, folder, [], (started) => (child = started))
    await gate.reached
    child?.kill('SIGINT')
    child?.kill('SIGINT')
    expect((await stopped).exitCode).toBe(130)
    gate.open()
    await fetchFrom(gate.server, folder)
    expect(totals(await fetchFrom(gate.server, folder))).toMatchObject({ new: 0, unchanged: count })
  })
})

describe('standard output', () => {
  function shell(
    command: string,
    server: Taxii2Server,
    folder: string,
    stdout: 'pipe' | number = 'pipe',
  ): Promise<CliResult> {
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      STIXTAXII_CONFIG_DIR: path.join(folder, 'config'),
      STIXTAXII_DATA_DIR: path.join(folder, 'data'),
      STIXTAXII_URL: server.discoveryUrl,
      PROGRAM: programFile,
      NODE: process.execPath,
    }
    const child = spawn('/bin/sh', ['-c', command], { env, cwd: folder, stdio: ['ignore', stdout, 'pipe'] })
    const seen = { stdout: '', stderr: '' }
    child.stdout?.on('data', (chunk: Buffer) => (seen.stdout += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (seen.stderr += chunk.toString()))
    return new Promise((resolve) => child.on('close', (status) => resolve({ exitCode: status ?? 128, ...seen })))
  }

  it('L5 whose reader has had enough is no failure, and everything is stored', async () => {
    await using gate = await startGate(1_000)
    const folder = temporaryFolder()
    const command = `( "$NODE" "$PROGRAM" fetch ${since.join(' ')} --emit - ; echo $? > status ) | head -n 1`
    const result = await shell(command, gate.server, folder)
    expect(result.stdout.split('\n').filter(Boolean)).toHaveLength(1)
    expect(result.stderr).not.toMatch(/EPIPE| {4}at /)
    expect(await readFile(path.join(folder, 'status'), 'utf8')).toBe('0\n')
    expect(totals(await fetchFrom(gate.server, folder))).toMatchObject({ new: 0, unchanged: count })
  })

  it.skipIf(!existsSync('/dev/full'))('L4 on a full disk ends as local', async () => {
    await using gate = await startGate(1_000)
    const full = openSync('/dev/full', 'w')
    try {
      for (const more of ['--emit -', '-o json']) {
        const command = `exec "$NODE" "$PROGRAM" fetch ${since.join(' ')} ${more}`
        const result = await shell(command, gate.server, temporaryFolder(), full)
        expect(result.exitCode).toBe(11)
        expect(result.stderr).not.toContain('    at ')
      }
    } finally {
      closeSync(full)
    }
  })
})
