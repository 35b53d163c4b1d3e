import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { programFile } from '../support/run-program.ts'
import { someIndicators } from '../support/indicators.ts'

interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the built program under a limit of the shell. */
async function under(limit: string, argv: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const words = [programFile, ...argv]
  const child = spawn('sh', ['-c', `${limit}; exec "$0" "$@"`, process.execPath, ...words], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { exitCode, stdout, stderr }
}

describe.skipIf(process.platform === 'win32')('L11 a process that may have few files open', () => {
  it('fetches with 40 descriptors, of which Node itself takes twenty', async () => {
    await using server = await startTaxii2Server({ collections: [{ id: 'c1', objects: someIndicators(300) }] })
    const folder = temporaryFolder()
    const env = { HOME: folder, STIXTAXII_URL: server.discoveryUrl, STIXTAXII_BEGIN: '100mo' }
    const { exitCode, stdout, stderr } = await under('ulimit -n 40', ['fetch', '-o', 'json'], env)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ results: [{ new: 300, status: 'ok' }] })
  })

  it.each([22, 25, 28, 31, 34])(
    'with %i either fetches or says that there are too few, and never hangs',
    async (files) => {
      await using server = await startTaxii2Server({ collections: [{ id: 'c1', objects: someIndicators(30) }] })
      const folder = temporaryFolder()
      const env = { HOME: folder, STIXTAXII_URL: server.discoveryUrl, STIXTAXII_BEGIN: '100mo' }
      const { exitCode, stdout, stderr } = await under(`ulimit -n ${files}`, ['fetch', '-o', 'json'], env)
      if (exitCode === 0) expect(JSON.parse(stdout)).toMatchObject({ results: [{ new: 30 }] })
      else {
        expect([7, 11]).toContain(exitCode)
        expect(JSON.parse(stderr)).toMatchObject({ error: { kind: exitCode === 7 ? 'network' : 'local' } })
      }
      // With more, everything is there: what was half done did no harm.
      const after = await under('ulimit -n 200', ['fetch', '--full', '-o', 'json'], env)
      expect(JSON.parse(after.stdout)).toMatchObject({ results: [{ received: 30, status: 'ok' }] })
    },
  )
})
