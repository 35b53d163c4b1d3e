import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { appendFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { StopSignal } from '../../src/cli/host.ts'
import { systemClock } from '../../src/cli/process-host.ts'
import type { Clock } from '../../src/core/ports.ts'
import { runCli, temporaryFolder } from '../support/run-cli.ts'

const bundle = JSON.stringify({
  type: 'bundle',
  id: 'bundle--11111111-1111-4111-8111-111111111111',
  objects: [
    anIndicator(1, "[domain-name:value = 'bad.example']", { confidence: 90, labels: ['malicious-activity'] }),
    anIndicator(2, "[ipv4-addr:value = '198.51.100.0/24']", { confidence: 20 }),
    anIndicator(3, "[url:value = 'http://bad.example/x' AND domain-name:value = 'hint.example']", {}),
  ],
})

function anIndicator(n: number, pattern: string, more: object) {
  return {
    type: 'indicator',
    spec_version: '2.1',
    id: `indicator--0000000${n}-0000-4000-8000-000000000000`,
    created: '2026-01-01T00:00:00.000Z',
    modified: '2026-01-01T00:00:00.000Z',
    name: `Number ${n}`,
    pattern,
    pattern_type: 'stix',
    valid_from: '2026-01-01T00:00:00Z',
    ...more,
  }
}

async function aFolder(): Promise<string> {
  const folder = temporaryFolder()
  writeFileSync(path.join(folder, 'bundle.json'), bundle)
  expect((await runCli('import bundle.json', { folder })).exitCode).toBe(0)
  return folder
}

const log =
  '{"src":"198.51.100.9","dst":"x"}\n{"src":"10.0.0.1"}\n{"host":"www.bad.example"}\n{"host":"hint.example"}\n'

describe('stixtaxii enrich', () => {
  it('writes the lines with a hit, and says on standard error what it used and found', async () => {
    const folder = await aFolder()
    const { exitCode, stdout, stderr } = await runCli('enrich', { folder, stdin: log })
    expect(exitCode).toBe(0)
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toMatchObject([
      {
        src: '198.51.100.9',
        et_indicator: '198.51.100.0/24',
        et_match: 'network',
        et_field: 'src',
        et_source: 'import',
      },
      { host: 'www.bad.example', et_indicator: 'bad.example', et_match: 'parent-domain', et_confidence: 90 },
    ])
    expect(stderr).toMatch(/^Index: 2 indicators.*built now \(there was none\)$/m)
    expect(stderr).toContain('Format: ndjson')
    expect(stderr).toMatch(/4 lines .* 2 with a hit: .*domain 1/)
    const again = await runCli('enrich -q --mode all --field host', { folder, stdin: log })
    expect(again).toMatchObject({ exitCode: 0, stderr: '' })
    expect(again.stdout.split('\n').filter((line) => line.includes('et_'))).toHaveLength(1)
    expect(again.stdout.split('\n')).toHaveLength(5)
  })

  it('builds the index again when the store has changed, one file for each set of rules', async () => {
    const folder = await aFolder()
    await runCli('enrich', { folder, stdin: log })
    const same = await runCli('enrich', { folder, stdin: log })
    expect(same.stderr).not.toContain('built now')
    writeFileSync(path.join(folder, 'more.json'), JSON.stringify(anIndicator(4, "[ipv4-addr:value = '10.0.0.1']", {})))
    await runCli('import more.json', { folder })
    const changed = await runCli('enrich --no-warning-lists', { folder, stdin: log })
    expect(changed.stderr).toContain('there was none')
    expect(changed.stdout.split('\n')).toHaveLength(4)
    const hushed = await runCli('enrich --min-confidence high', { folder, stdin: log })
    expect(hushed.stdout.split('\n')).toHaveLength(2)
    expect(readdirSync(path.join(folder, 'data', 'enrich'))).toHaveLength(3)
    expect((await runCli('enrich', { folder, stdin: log })).stderr).toContain('the store or the rules have changed')
  })

  it('uses a named index as it is with --frozen, without a store', async () => {
    const folder = await aFolder()
    await runCli('enrich --index a.index', { folder, stdin: '' })
    const elsewhere = temporaryFolder()
    const file = path.join(folder, 'a.index')
    const { exitCode, stdout } = await runCli(`enrich --frozen --index ${file}`, { folder: elsewhere, stdin: log })
    expect([exitCode, stdout.split('\n').length, readdirSync(elsewhere)]).toEqual([0, 3, []])
  })

  it('does not build an index over a file that is something else', async () => {
    const folder = await aFolder()
    const file = path.join(folder, 'app.log')
    await writeFile(file, log)
    for (const more of ['', ' --rebuild']) {
      const { exitCode, stderr } = await runCli(`enrich --index app.log${more}`, { folder, stdin: log })
      expect(stderr).toContain('ENRICH_INDEX_FOREIGN')
      expect([exitCode, readFileSync(file, 'utf8')]).toEqual([6, log])
    }
    await writeFile(file, '')
    expect((await runCli('enrich --index app.log', { folder, stdin: log })).exitCode).toBe(0)
    await writeFile(file, readFileSync(file).subarray(0, 100))
    expect((await runCli('enrich --index app.log', { folder, stdin: log })).stderr).toContain('damaged')
  })

  it('ends with 143, and with a whole line, when SIGTERM cuts an input short that has an end', async () => {
    let stop: (signal: StopSignal) => void = () => undefined
    let written = ''
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        if (written === '') stop('SIGTERM')
        written += chunk.toString()
        setTimeout(done, 1)
      },
    })
    const folder = await aFolder()
    // Pieces of the file end within lines.
    await writeFile(path.join(folder, 'app.log'), log.repeat(30_000))
    const onStart = (listener: typeof stop): void => void (stop = listener)
    const { exitCode } = await runCli('enrich --mode all -q app.log', { folder, stdout, onStart })
    expect(exitCode).toBe(143)
    expect(written.endsWith('}\n')).toBe(true)
    expect(written.length).toBeLessThan(log.length * 30_000)
  })

  it('says which fields no line has, and that CSV may have no header', async () => {
    const folder = await aFolder()
    const { stderr } = await runCli('enrich --field src,hsot', { folder, stdin: log })
    expect(stderr).toContain('No line has a field hsot')
    expect(stderr).not.toContain('a field src')
    await writeFile(path.join(folder, 'a.csv'), 'bad.example,x,y\nz,bad.example\n')
    const csv = await runCli('enrich a.csv --format csv --mode all', { folder })
    expect(csv.stderr).toContain('--no-csv-header')
    expect(csv.stderr).toContain('1 record with fewer or more cells')
    const without = await runCli('enrich a.csv --no-csv-header', { folder })
    expect(without.stderr).not.toContain('--no-csv-header')
    expect(without.stdout).toMatch(/^bad.example,x,y,bad.example.*\nz,bad.example,,bad.example/)
    const one = await runCli('enrich', { folder, stdin: '{"a":1}' })
    expect(one.stderr).toContain('1 line (7 bytes)')
  })

  it('reads files one after the other, each with its own header, and an alias file', async () => {
    const folder = await aFolder()
    await writeFile(path.join(folder, 'a.csv'), 'address,name\n198.51.100.1,198.51.100.2\n')
    await writeFile(path.join(folder, 'b.csv'), 'address,name\nbad.example,bad.example\n')
    await writeFile(path.join(folder, 'alias.yaml'), 'address: ip\nname: domain\n')
    const { stdout } = await runCli('enrich a.csv b.csv --alias alias.yaml', { folder })
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[1]).toContain(',address,network,1')
    expect(lines[3]).toContain(',name,exact,1')
  })

  it.each([
    ['enrich --frozen', 2, 'CLI_ENRICH_FLAGS'],
    ['enrich --tail', 2, 'CLI_ENRICH_FLAGS'],
    ['enrich --prefix a-b', 2, 'prefix'],
    ['enrich --format xml', 2, 'format'],
    ['enrich -o json', 2, 'CLI_OUTPUT_UNUSED'],
    ['enrich missing.log', 5, 'CLI_LOG_UNREADABLE'],
    ['enrich --alias missing.yaml', 5, 'CLI_FILE_UNREADABLE'],
  ])('%s ends with %i', async (line, status, part) => {
    const { exitCode, stdout, stderr } = await runCli(line, { folder: await aFolder() })
    expect([exitCode, stdout]).toEqual([status, ''])
    expect(stderr).toContain(part)
  })

  it('warns when there is nothing to enrich with', async () => {
    const { exitCode, stderr } = await runCli('enrich', { stdin: log })
    expect(exitCode).toBe(0)
    expect(stderr).toContain('warning: There are no indicators')
  })

  it('ends well when the reader of its output has gone', async () => {
    const gone = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
    })
    const { exitCode, stderr } = await runCli('enrich --mode all -q', {
      folder: await aFolder(),
      stdin: log.repeat(10_000),
      stdout: gone,
    })
    expect([exitCode, stderr]).toEqual([0, ''])
  })

  it('follows a file until it is stopped, and says what there was', async () => {
    const folder = await aFolder()
    const file = path.join(folder, 'live.log')
    await writeFile(file, log)
    let stop: (signal: StopSignal) => void = () => undefined
    let written = ''
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written += chunk.toString()
        done()
      },
    })
    const running = runCli('enrich --follow live.log', { folder, stdout, onStart: (listener) => (stop = listener) })
    const seen = async (lines: number) => {
      for (let look = 0; look < 500 && written.split('\n').length <= lines; look++)
        await new Promise((resolve) => setTimeout(resolve, 10))
      expect(written.split('\n')).toHaveLength(lines + 1)
    }
    await seen(2)
    await appendFile(file, '{"host":"bad.example"}\n{"host":')
    await seen(3)
    await appendFile(file, '"bad.example"}\n')
    await seen(4)
    stop('SIGTERM')
    const { exitCode, stderr } = await running
    expect(exitCode).toBe(0)
    expect(stderr).toMatch(/6 lines .* 4 with a hit/)
  })
})

function nameOfDescriptor(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return ''
  }
}

describe('enrich --follow while the store changes', () => {
  it('takes the newer index for what follows a rotation too, and tries again after it could not be written', async () => {
    const folder = await aFolder()
    const file = path.join(folder, 'live.log')
    const [index, aside] = [path.join(folder, 'data', 'enrich'), path.join(folder, 'data', 'aside')]
    await writeFile(file, '{"host":"bad.example"}\n')
    let look: () => void = () => undefined
    // A minute is over when the test says so.
    const sleep: Clock['sleep'] = (ms, signal) =>
      ms < 60_000 ? systemClock.sleep(5, signal) : new Promise((resolve) => (look = resolve))
    let stop: (signal: StopSignal) => void = () => undefined
    let [written, said] = ['', '']
    const stdout = new Writable({ write: (chunk, _encoding, done) => (done(), void (written += String(chunk))) })
    const onStart = (listener: typeof stop): void => void (stop = listener)
    const running = runCli('enrich --follow live.log --mode all', {
      ...{ folder, stdout, onStart },
      clock: { ...systemClock, sleep },
    }).then((result) => ((said = result.stderr), result))
    const lines = () => written.split('\n').filter(Boolean)
    await expect.poll(() => lines().length).toBe(1)
    const added = anIndicator(4, "[domain-name:value = 'late.example']", {})
    writeFileSync(path.join(folder, 'late.json'), JSON.stringify({ type: 'bundle', objects: [added] }))
    expect((await runCli('import late.json', { folder })).exitCode).toBe(0)
    await rename(index, aside)
    await writeFile(index, 'no folder')
    const before = look
    look()
    await expect.poll(() => look !== before).toBe(true)
    await rm(index)
    await rename(aside, index)
    const failed = look
    look()
    await expect.poll(() => look !== failed).toBe(true)
    await rename(file, `${file}.1`)
    await writeFile(file, '{"host":"late.example"}\n')
    await expect.poll(() => lines().length).toBe(2)
    // The index that was replaced is closed: an hour of changes must not use up the descriptors.
    const open = process.platform === 'linux' ? readdirSync('/proc/self/fd').map(nameOfDescriptor) : []
    expect(open.filter((name) => name.startsWith(folder) && name.endsWith('(deleted)'))).toEqual([])
    stop('SIGTERM')
    expect((await running).exitCode).toBe(0)
    expect(said).toContain('The index stays as it is')
    expect(lines()[1]).toContain('"et_indicator":"late.example"')
  })
})

describe('enrich of what is no plain text', () => {
  it.each([
    ['packed with gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]), 'zcat'],
    ['UTF-16', Buffer.from('\ufeff{"a":"bad.example"}\n', 'utf16le'), 'iconv'],
  ])('refuses what is %s instead of finding nothing in it', async (what, bytes, hint) => {
    const folder = await aFolder()
    writeFileSync(path.join(folder, 'app.log'), bytes)
    for (const [line, stdin] of [['enrich app.log', undefined] as const, ['enrich', bytes] as const]) {
      const { exitCode, stdout, stderr } = await runCli(line, { folder, stdin })
      expect([exitCode, stdout]).toEqual([2, ''])
      expect(stderr).toContain(what)
      expect(stderr).toContain(hint)
    }
  })
})
