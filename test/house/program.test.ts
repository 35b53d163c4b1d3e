import { spawn, spawnSync } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { version } from '../../src/cli/version.ts'
import { outputFormats } from '../../src/output/writer.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { programFile, runProgram } from '../support/run-program.ts'

describe('the built program', () => {
  it('starts, says its version and helps', async () => {
    expect(await runProgram(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' })
    const { exitCode, stdout, stderr } = await runProgram(['--help'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain('Usage: stixtaxii')
  })

  it('C1: loads commander and the registry for --help, and no schema, command or room', async () => {
    const loaded = spawnSync(process.execPath, ['--input-type=module', '--eval', listLoaded], { encoding: 'utf8' })
    expect(loaded.stdout).toContain('Usage: stixtaxii')
    const chunks = loaded.stderr.split('\n').filter((line) => line.includes('chunks'))
    expect(chunks.length).toBeLessThanOrEqual(4)
    expect(chunks.filter((line) => !/chunk-\w+\.js$/.test(line))).toEqual([])
  })

  it.each(outputFormats)('writes %s with what is in the bundle', async (format) => {
    const { exitCode, stdout, stderr } = await runProgram(['profile', 'list', '-o', format])
    expect(exitCode, stderr).toBe(0)
    expect(stdout).toBe({ table: '', name: '', ndjson: '', json: '[]\n', yaml: '[]\n' }[format as 'json'] ?? stdout)
  })

  it('carries the licence of every package in the bundle', () => {
    const text = readFileSync(path.resolve(programFile, '../../dist/bin/THIRD-PARTY-LICENCES.txt'), 'utf8')
    for (const name of ['commander', 'undici', 'zod', 'inquirer', 'cli-table3'])
      expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'))
    expect(text).not.toContain('undefined')
  })

  it('ends with 2 and one JSON object for a wrong command line', async () => {
    const { exitCode, stdout, stderr } = await runProgram(['nothing', '-o', 'json'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'CLI_COMMAND_UNKNOWN', kind: 'usage' } })
  })

  it('L4: ends with 11 when standard output is a full disk', () => {
    for (const argv of [['--help'], ['help', 'formats']]) {
      const { status, stderr } = spawnSync(process.execPath, [programFile, ...argv], {
        stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
        encoding: 'utf8',
      })
      expect(status).toBe(11)
      expect(stderr).toContain('Could not write to standard output: no space left')
      expect(stderr).not.toContain('    at ')
    }
  })

  it('L5: ends with 0 and says nothing when the reader has gone', async () => {
    const child = spawn(process.execPath, [programFile, 'help', 'environment'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    const stderr: Buffer[] = []
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    const status = await new Promise((resolve) => child.on('close', resolve))
    expect({ status, stderr: Buffer.concat(stderr).toString() }).toEqual({ status: 0, stderr: '' })
  })

  it('L12: writes the same bytes of JSON wherever it runs', async () => {
    const places: Record<string, string | undefined>[] = [
      {},
      { TZ: 'Pacific/Apia', LANG: 'C' },
      { TZ: 'Asia/Kathmandu', LANG: 'da_DK.ISO-8859-1', LC_ALL: 'da_DK.ISO-8859-1' },
      { TERM: 'dumb', NO_COLOR: '1' },
      { COLUMNS: '20', FORCE_COLOR: '3', CI: 'true' },
    ]
    const texts = new Set<string>()
    for (const env of places) {
      const { stdout, exitCode } = await runProgram(['profile', 'list', '-o', 'json'], { env })
      expect(exitCode).toBe(0)
      texts.add(stdout)
    }
    expect([...texts]).toEqual(['[]\n'])
  })

  it('L8: works without a home when it is told where to keep things, and says so when it is not', async () => {
    const { exitCode, stdout } = await runProgram(['profile', 'list', '-o', 'json'], { env: { HOME: undefined } })
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '[]\n' })
    const lost = await runProgram(['profile', 'list'], {
      env: { HOME: '', STIXTAXII_CONFIG_DIR: '', STIXTAXII_DATA_DIR: '' },
    })
    expect(lost.exitCode).toBe(3)
    expect(lost.stderr).toContain('STIXTAXII_CONFIG_DIR')
  })
})

describe('L6: the built program at a signal', () => {
  const signals = [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const
  it.each(signals)('%s ends a watch with %i within two seconds, in silence', async (signal, status) => {
    const folder = temporaryFolder()
    // Nobody listens on port 1.
    const saved = await runProgram('configure taxii acme --url http://127.0.0.1:1/ --no-test'.split(' '), { folder })
    expect(saved.exitCode, saved.stderr).toBe(0)
    let stoppedAt = 0
    const { exitCode, stderr } = await runProgram(['watch'], {
      folder,
      onStart: (child) => {
        // The first line says what is watched; the one of the source, that its fetch is over.
        child.stderr?.on('data', (text: Buffer) => {
          if (stoppedAt > 0 || !text.toString().includes('acme: ')) return
          stoppedAt = performance.now()
          child.kill(signal)
        })
      },
    })
    expect(exitCode).toBe(status)
    expect(performance.now() - stoppedAt).toBeLessThan(2_000)
    expect(stderr).not.toContain('Stopped')
    expect(stderr).not.toContain('    at ')
  })
})

const listLoaded = `
import { register } from 'node:module'
import { pathToFileURL } from 'node:url'
const hook = 'export async function load(url, context, next) {' +
  'if (url.startsWith("file:")) process.stderr.write(url + "\\\\n");' + 'return next(url, context) }'
register('data:text/javascript,' + encodeURIComponent(hook))
process.argv = [process.execPath, ${JSON.stringify(programFile)}, '--help']
await import(pathToFileURL(${JSON.stringify(programFile)}).href)
`
