import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { expectInvariant } from '../faults/invariant.ts'
import { startSpoiledFeed } from '../faults/spoiled-feed.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { runProgram } from '../support/run-program.ts'
import { findProgram } from './daemon.ts'

const run = promisify(execFile)
const mounted: string[] = []

/** A file system of this size at a new folder; undefined where nothing can be mounted. */
async function smallDisk(folder: string, size: string): Promise<string | undefined> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const argv = ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'none', folder]
  if (!(await run('mount', argv).catch(() => undefined))) {
    if (process.env['CI'] === 'true') throw new Error('no file system can be mounted here')
    return undefined
  }
  mounted.push(folder)
  return folder
}

const grow = (folder: string) => execFileSync('mount', ['-o', 'remount,size=200m', folder])

/** Takes all room but about this many bytes. */
function fill(folder: string, leave: number): string {
  const file = path.join(folder, 'filler')
  const free = Number(execFileSync('df', ['--output=avail', '-B1', folder], { encoding: 'utf8' }).split('\n')[1])
  writeFileSync(file, Buffer.alloc(Math.max(0, free - leave)))
  return file
}

afterEach(async () => {
  for (const folder of mounted.splice(0)) await run('umount', ['-l', folder])
})

const noDisk = 'no file system can be mounted here'

describe('L3 a disk that is full', () => {
  it('L3: a store on a file system of 2 MB keeps whole pages only, and goes on when there is room', async ({
    skip,
  }) => {
    const folder = temporaryFolder()
    const data = await smallDisk(path.join(folder, 'data'), '2m')
    if (data === undefined) return skip(noDisk)
    await using feed = await startSpoiledFeed(() => undefined, { objects: 3000, pageSize: 250 })
    fill(data, 500_000)
    const ending = { kind: 'local', code: 'STORE_FULL' } as const
    const { url, truth } = feed
    await expectInvariant({ url, truth, ending, folder, mend: () => grow(data) })
  })

  it.each([
    ['whose files may have 400 KB (SIGXFSZ)', ['prlimit', '--fsize=400000']],
    ['whose files may have 100 KB (SIGXFSZ)', ['prlimit', '--fsize=100000']],
  ])('L3: a process %s ends as local, and goes on without the limit', async (_name, prefix) => {
    await using feed = await startSpoiledFeed(() => undefined, { objects: 1500, pageSize: 250 })
    const { url, truth } = feed
    await expectInvariant({ url, truth, ending: { kind: 'local' }, prefix, writesFiles: false })
  })

  it.each([
    ['--emit', 'new objects'],
    ['--trace-http', 'the trace'],
  ])('L3: %s (%s) to a full disk ends as local, what is stored stays, the next run completes', async (flag) => {
    const folder = temporaryFolder()
    const small = await smallDisk(path.join(folder, 'small'), '64k')
    if (small === undefined) return
    await using feed = await startSpoiledFeed(() => undefined, { objects: 600, pageSize: 100 })
    const { url, truth } = feed
    const argv = [flag, path.join(small, 'file')]
    fill(small, 4096)
    await expectInvariant({ url, truth, folder, argv, ending: { kind: 'local' }, writesFiles: false })
  })

  it('L3: a profile that finds no room leaves the profiles as they were', async ({ skip }) => {
    const folder = temporaryFolder()
    const config = await smallDisk(path.join(folder, 'config'), '64k')
    if (config === undefined) return skip(noDisk)
    const configure = (name: string) =>
      runProgram(`configure taxii ${name} --url https://taxii.example/ --no-test -o json`.split(' '), { folder })
    expect((await configure('first')).exitCode).toBe(0)
    const file = path.join(config, 'profiles.json')
    const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined
    const filler = fill(config, 0)
    const failed = await configure('second')
    expect(failed.exitCode).toBe(11)
    expect(JSON.parse(failed.stderr)).toMatchObject({ error: { kind: 'local' } })
    if (before !== undefined) expect(readFileSync(file, 'utf8')).toBe(before)
    const list = await runProgram(['profile', 'list', '-o', 'json'], { folder })
    expect(JSON.parse(list.stdout)).toMatchObject([{ name: 'first' }])
    rmSync(filler)
    expect((await configure('second')).exitCode).toBe(0)
  })

  it('L13: an export to a full disk leaves the old file and nothing beside it', async ({ skip }) => {
    const folder = temporaryFolder()
    const small = await smallDisk(path.join(folder, 'small'), '128k')
    if (small === undefined) return skip(noDisk)
    await using feed = await startSpoiledFeed(() => undefined, { objects: 900, pageSize: 300 })
    const env = { STIXTAXII_URL: feed.url, STIXTAXII_BEGIN: '99999d' }
    expect((await runProgram(['fetch'], { folder, env })).exitCode).toBe(0)
    const out = path.join(small, 'out')
    for (const format of ['ndjson', 'stix', 'csv', 'list']) {
      writeFileSync(out, 'old\n')
      const filler = fill(small, 2000)
      const { exitCode, stderr } = await runProgram(['export', '--format', format, '--out', out], { folder })
      expect({ format, exitCode, stderr: exitCode === 11 ? '' : stderr }).toEqual({ format, exitCode: 11, stderr: '' })
      expect(stderr).not.toContain('    at ')
      rmSync(filler)
      expect([readFileSync(out, 'utf8'), readdirSync(small)]).toEqual(['old\n', ['out']])
    }
  })
})

describe('L11 a process that is given little', () => {
  it.each([22, 26, 30, 34, 38])('L11: %i file descriptors are enough, or said to be too few', async (files) => {
    await using feed = await startSpoiledFeed(() => undefined)
    const { url, truth } = feed
    const prefix = ['prlimit', `--nofile=${files}`]
    // Node itself holds 19 to 22; fetching is done with 40.
    const ending = files >= 38 ? ('survived' as const) : ({ kind: ['local', 'network'] } as const)
    const met = await expectInvariant({ url, truth, ending, prefix, writesFiles: false })
    if (met.error) expect(met.error.hint).toContain('ulimit -n')
  })
})

const other = 12345

describe.skipIf(process.getuid?.() !== 0 || !findProgram('setpriv'))('L8 a user that nobody knows', () => {
  const prefix = ['setpriv', `--reuid=${other}`, `--regid=${other}`, '--clear-groups']
  /** A folder of that user below one that it may enter. */
  const aFolder = (): string => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o755)
    for (const name of ['config', 'data']) {
      mkdirSync(path.join(folder, name), { mode: 0o700 })
      chownSync(path.join(folder, name), other, other)
    }
    return folder
  }

  it.each([
    ['without a home', { HOME: undefined }],
    ['whose home does not exist', { HOME: '/nonexistent' }],
    ['whose home cannot be written', { HOME: '/' }],
  ])('L8: uid 12345 %s fetches into the folders it is told', async (_name, env) => {
    await using feed = await startSpoiledFeed(() => undefined)
    const { url, truth } = feed
    const folder = aFolder()
    await expectInvariant({
      url,
      truth,
      ending: 'survived',
      folder,
      env,
      prefix,
      mendedPrefix: prefix,
      writesFiles: false,
    })
  })

  it.each([
    ['without a home', { HOME: undefined }, 3],
    ['whose home does not exist', { HOME: '/nonexistent' }, 11],
  ])('L8: uid 12345 %s and told nothing is told what to set', async (_name, env, status) => {
    await using feed = await startSpoiledFeed(() => undefined)
    const said = { ...env, STIXTAXII_URL: feed.url, STIXTAXII_CONFIG_DIR: '', STIXTAXII_DATA_DIR: '' }
    const { exitCode, stderr } = await runProgram(['fetch', '-o', 'json'], {
      folder: aFolder(),
      cwd: '/',
      env: said,
      prefix,
    })
    expect({ exitCode, stderr: exitCode === status ? '' : stderr }).toEqual({ exitCode: status, stderr: '' })
    expect(stderr).toMatch(/STIXTAXII_(CONFIG|DATA)_DIR|--store/)
    expect(stderr).not.toContain('    at ')
  })

  it('L8: a data folder that it may not write in is named, and nothing is made elsewhere', async () => {
    await using feed = await startSpoiledFeed(() => undefined)
    const { url, truth } = feed
    const folder = aFolder()
    chownSync(path.join(folder, 'data'), 0, 0)
    const mend = () => chownSync(path.join(folder, 'data'), other, other)
    const ending = { kind: 'local' } as const
    await expectInvariant({ url, truth, ending, folder, prefix, mendedPrefix: prefix, mend, writesFiles: false })
  })
})

describe.skipIf(!findProgram('faketime'))('T10 our clock', () => {
  it.each(['-5h', '+5h', '-400d', '+30d'])(
    'T10: off by %s reads everything and keeps the stamps of the server',
    async (by) => {
      await using feed = await startSpoiledFeed(() => undefined)
      const { url, truth } = feed
      await expectInvariant({ url, truth, ending: 'survived', prefix: ['faketime', '-f', by] })
    },
  )

  it('T10: set back by hours in the middle of a run, it goes on', async () => {
    const folder = temporaryFolder()
    const file = path.join(folder, 'clock')
    writeFileSync(file, '+5h\n')
    let pages = 0
    await using feed = await startSpoiledFeed(({ page }) => {
      if (page > 0 && ++pages === 3) writeFileSync(file, '-7h\n')
      return undefined
    })
    const library = execFileSync('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketimeMT.so.1'], { encoding: 'utf8' }).trim()
    const env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }
    const { url, truth } = feed
    await expectInvariant({ url, truth, ending: 'survived', folder, env, mendedEnv: {} })
    expect(pages).toBeGreaterThanOrEqual(3)
  })
})

describe('L12 wherever it runs', () => {
  const places: Record<string, string | undefined>[] = [
    { TZ: undefined, LANG: undefined },
    ...['UTC', 'Europe/Copenhagen', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia'].map((TZ) => ({ TZ })),
    ...['C', 'da_DK.ISO-8859-1', 'tr_TR.UTF-8', 'ja_JP.eucJP', 'xx_YY.none'].map((LC_ALL) => ({
      LC_ALL,
      LANG: LC_ALL,
    })),
    { TERM: 'dumb' },
    { TERM: undefined, COLUMNS: '20' },
    { NO_COLOR: '1' },
    { FORCE_COLOR: '3', CI: 'true' },
  ]

  it('L12: JSON of what is stored has the same bytes for every zone, locale and terminal, to a pipe and to a terminal', async () => {
    const folder = temporaryFolder()
    await using feed = await startSpoiledFeed(() => undefined, { objects: 30 })
    const env = { STIXTAXII_URL: feed.url, STIXTAXII_BEGIN: '99999d' }
    expect((await runProgram(['fetch'], { folder, env })).exitCode).toBe(0)
    const commands = [
      'lookup 192.0.2.7 -o json',
      'checkpoint list -o json',
      'export --format ndjson',
      'store info -o json',
    ]
    for (const command of commands) {
      const texts = new Map<string, string>()
      for (const place of places) {
        const { stdout, exitCode } = await runProgram(command.split(' '), { folder, env: { ...env, ...place } })
        expect(exitCode).toBe(0)
        texts.set(stdout, JSON.stringify(place))
      }
      expect([...texts.values()], command).toHaveLength(1)
      if (!findProgram('script')) continue
      const { stdout } = await runProgram([...command.split(' '), '--quiet'], {
        folder,
        env: { ...env, TERM: 'xterm', FORCE_COLOR: '0' },
        prefix: [path.join(import.meta.dirname, 'in-a-terminal.sh'), '20'],
      })
      expect(stdout.replaceAll('\r\n', '\n'), `${command} in a terminal of 20 columns`).toBe([...texts.keys()][0])
    }
  })
})
