import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createHmac } from 'node:crypto'
import { startLoopback, type SimulatedRequest } from '../../src/simulate/loopback-server.ts'
import { runCli, temporaryFolder, type CliResult } from '../support/run-cli.ts'

const folder = temporaryFolder()
const feed = path.join(folder, 'feed.json')
const tlp = {
  green: 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da',
  red: 'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed',
}

function indicator(number: number, pattern: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  const stamp = '2026-01-01T00:00:00.000Z'
  return {
    type: 'indicator',
    spec_version: '2.1',
    id: `indicator--00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    created: stamp,
    modified: stamp,
    valid_from: stamp,
    pattern_type: 'stix',
    pattern,
    ...more,
  }
}

const objects = [
  indicator(1, "[domain-name:value = 'bad.example']", { name: 'Loader', confidence: 80 }),
  indicator(2, "[ipv4-addr:value = '203.0.113.9']", { object_marking_refs: [tlp.green] }),
  indicator(3, "[ipv4-addr:value = '203.0.113.10']", { object_marking_refs: [tlp.red] }),
  indicator(4, "[url:value = 'http://old.example/']", { valid_until: '2026-02-01T00:00:00Z' }),
  indicator(5, "[ipv4-addr:value = '192.168.0.1']"),
  {
    type: 'malware',
    spec_version: '2.1',
    id: 'malware--00000000-0000-4000-8000-000000000009',
    created: '2026-01-01T00:00:00.000Z',
    modified: '2026-01-01T00:00:00.000Z',
    name: 'M',
    is_family: false,
  },
]

const cli = (argv: readonly string[]): Promise<CliResult> => runCli(argv, { folder, cwd: folder })
const values = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

beforeAll(async () => {
  writeFileSync(feed, JSON.stringify({ type: 'bundle', id: 'bundle--00000000-0000-4000-8000-00000000000a', objects }))
  expect((await cli(['import', feed])).exitCode).toBe(0)
})

describe('export of indicators', () => {
  it('has what counts, and says what does not', async () => {
    const { stdout, stderr, exitCode } = await cli(['export', '--format', 'list'])
    expect([exitCode, values(stdout)]).toEqual([0, ['203.0.113.9', '203.0.113.10', 'bad.example']])
    expect(stderr).toContain('3 indicators')
    expect(stderr).toContain('left out by the rules: 2')
  })

  it.each([
    [
      ['--tlp', 'green'],
      ['203.0.113.9', 'bad.example'],
    ],
    [['--kind', 'domain'], ['bad.example']],
    [['--min-confidence', 'high'], ['bad.example']],
    [
      ['--no-warning-lists', '--include-expired'],
      ['192.168.0.1', '203.0.113.9', '203.0.113.10', 'bad.example', 'http://old.example/'],
    ],
    [['--cap', '1'], ['bad.example']],
  ])('S26: %j', async (flags, expected) => {
    expect(values((await cli(['export', '--format', 'list', ...flags])).stdout)).toEqual(expected)
  })

  it('S26: keeps items above the TLP ceiling out of stix and ndjson too', async () => {
    const lines = (await cli(['export', '--format', 'ndjson', '--tlp', 'green'])).stdout
    expect(lines).toContain('203.0.113.9')
    expect(lines).not.toContain('203.0.113.10')
    expect(lines).not.toContain('"malware"')
    const bundle = JSON.parse((await cli(['export', '--format', 'stix', '--tlp', 'green'])).stdout) as {
      objects: { id: string }[]
    }
    expect(bundle.objects.map(({ id }) => id.slice(-1))).toEqual(['1', '2'])
  })

  it('gives everything as ndjson and stix while no filter is given', async () => {
    expect((await cli(['export', '--format', 'ndjson'])).stdout.trimEnd().split('\n')).toHaveLength(objects.length)
  })

  it('L13: replaces the file whole, and leaves it alone with --if-changed when only the time would change', async () => {
    const file = path.join(folder, 'list.txt')
    expect((await cli(['export', '--format', 'list', '--out', file, '--if-changed'])).exitCode).toBe(0)
    const before = readFileSync(file, 'utf8')
    utimesSync(file, 1, 1)
    const again = await cli(['export', '--format', 'list', '--out', file, '--if-changed'])
    expect(again.stderr).toContain('unchanged')
    expect([readFileSync(file, 'utf8'), statSync(file).mtimeMs]).toEqual([before, 1000])
    await cli(['export', '--format', 'list', '--out', file, '--if-changed', '--kind', 'domain'])
    expect(values(readFileSync(file, 'utf8'))).toEqual(['bad.example'])
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('numbers the pieces of a split export, and removes those that a longer one left', async () => {
    const out = path.join(folder, 'pieces', 'ips.txt')
    mkdirSync(path.dirname(out))
    await cli(['export', '--format', 'list', '--out', out, '--split', '1'])
    expect(readdirSync(path.dirname(out))).toEqual(['ips-001.txt', 'ips-002.txt', 'ips-003.txt'])
    await cli(['export', '--format', 'list', '--out', out, '--split', '2'])
    expect(readdirSync(path.dirname(out))).toEqual(['ips-001.txt', 'ips-002.txt'])
  })

  it('writes formats of several files to a folder, and a report', async () => {
    const [out, report] = [path.join(folder, 'rules'), path.join(folder, 'report.json')]
    await cli(['export', '--format', 'suricata', '--out', out, '--report', report])
    expect(readdirSync(out)).toEqual(['domains.lst', 'md5.lst', 'sha1.lst', 'sha256.lst', 'stixtaxii.rules'])
    const written = JSON.parse(readFileSync(report, 'utf8')) as {
      count: number
      tlp: string
      files: { count: number }[]
    }
    expect(written).toMatchObject({ count: 3, tlp: 'red', sources: ['import'] })
    expect(written.files).toHaveLength(5)
  })

  it.each([
    [['--format', 'splunk'], 'several files'],
    [['--format', 'nftables', '--split', '5', '--out', 'x'], 'cannot be split'],
    [['--format', 'list', '--split', '5'], 'cannot be split'],
    [['--format', 'list', '--if-changed'], '--out FILE'],
    [['--format', 'zeek', '--defang'], '--defang means nothing'],
    [['--format', 'list', '--type', 'indicator'], '--type means nothing'],
    [['--format', 'ndjson', '--cap', '5'], '--cap means nothing'],
    [['--format', 'list', '--raw-csv'], '--raw-csv means nothing'],
    [['--format', 'csv', '--name', 'mine'], '--name means nothing'],
    [['--format', 'ecs', '--no-header'], '--no-header means nothing'],
    [['--format', 'csv', '--push', 'https://logpoint.example'], 'logpoint-list'],
    [
      ['--format', 'logpoint-list', '--push', 'https://logpoint.example', '--split', '2', '--out', 'x.txt'],
      '--split makes several',
    ],
    [['--format', 'list', '--kind', 'domains'], 'Did you mean domain'],
  ])('refuses %j before it writes anything', async (flags, said) => {
    const { exitCode, stdout, stderr } = await cli(['export', ...flags])
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toContain(said)
    expect(existsSync(path.join(folder, 'x'))).toBe(false)
  })
})

describe('what surrounds an export', () => {
  it('warns when nothing counts, since a list in use is empty now', async () => {
    const out = path.join(folder, 'none.txt')
    const { exitCode, stderr } = await cli(['export', '--format', 'list', '--kind', 'tlsh', '--out', out])
    expect([exitCode, values(readFileSync(out, 'utf8'))]).toEqual([0, []])
    expect(stderr).toContain('No indicator counts')
  })

  it('calls networks networks when a format has no place for them', async () => {
    const network = path.join(folder, 'network.json')
    const objects = [indicator(7, "[ipv4-addr:value = '198.51.100.0/24']")]
    writeFileSync(
      network,
      JSON.stringify({ type: 'bundle', id: 'bundle--00000000-0000-4000-8000-00000000000b', objects }),
    )
    const own = temporaryFolder()
    await runCli(['import', network], { folder: own })
    const { stderr } = await runCli(['export', '--format', 'logpoint-csv'], { folder: own })
    expect(stderr).toContain('1 ipv4 network')
  })

  it('writes the same STIX bundle of the same store, and one without objects when there are none', async () => {
    const [one, two] = [await cli(['export', '--format', 'stix']), await cli(['export', '--format', 'stix'])]
    expect(one.stdout).toBe(two.stdout)
    expect(one.stderr).not.toContain('\\u{a}')
    const none = JSON.parse((await cli(['export', '--format', 'stix', '--kind', 'tlsh'])).stdout) as object
    expect(Object.keys(none)).toEqual(['type', 'id'])
  })

  it('fills the file that a link leads to, also when it is not there yet', async () => {
    const [link, target] = [path.join(folder, 'link.txt'), path.join(folder, 'target.txt')]
    symlinkSync('target.txt', link)
    await cli(['export', '--format', 'list', '--out', link])
    expect([lstatSync(link).isSymbolicLink(), values(readFileSync(target, 'utf8')).length]).toEqual([true, 3])
  })
})

describe('export --push', () => {
  const key = 'CANARY-access-key-4711'
  const keyFile = path.join(folder, 'key.txt')
  const push = (url: string, ...more: string[]): Promise<CliResult> => {
    writeFileSync(keyFile, `${key}\n`, { mode: 0o600 })
    const flags = ['--push', url, '--push-list', 'BAD_IPS', '--push-username', 'ann', '--push-key-file', keyFile]
    return cli(['export', '--format', 'logpoint-list', '--kind', 'ip', ...flags, ...more])
  }
  const answering = (status: number, text: string) =>
    startLoopback(() => ({ status, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) }))

  it('imports the list as a form, with a token signed by the access key', async () => {
    await using logpoint = await answering(200, '{"status":"success"}')
    const { exitCode, stderr, stdout } = await push(logpoint.url)
    expect([exitCode, stdout]).toEqual([0, ''])
    const [request] = logpoint.requests as [SimulatedRequest]
    expect([request.method, request.path]).toEqual(['POST', '/UserDefinedList/import_api'])
    const boundary = /boundary=(.*)$/.exec(request.headers['content-type'] ?? '')?.[1] ?? ''
    expect(request.body.toString()).toBe(
      `--${boundary}\r\nContent-Disposition: form-data; name="package_import_name"\r\n\r\nBAD_IPS\r\n` +
        `--${boundary}\r\nContent-Disposition: form-data; name="package_import"; filename="BAD_IPS.txt"\r\n` +
        'Content-Type: text/plain; charset=utf-8\r\n\r\n203.0.113.9\n203.0.113.10\n' +
        `\r\n--${boundary}--\r\n`,
    )
    expectToken(request.headers.authorization ?? '')
    expect(stderr).toContain('The list "BAD_IPS" with 2 values')
    expect(stderr).not.toContain(key)
  })

  function expectToken(authorization: string): void {
    const [head = '', payload = '', signature] = authorization.replace('Bearer ', '').split('.')
    expect(createHmac('sha256', key).update(`${head}.${payload}`).digest('base64url')).toBe(signature)
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
    expect(claims).toMatchObject({ iss: 'self-signed', sub: 'ann', scope: 'search:write' })
    expect(Number(claims.exp) - Number(claims.iat)).toBe(600)
  }

  it.each([
    [401, 4, 'refused the list'],
    [422, 9, 'did not take the list'],
    [503, 7, 'did not take the list'],
  ])('a %i ends with %i, sent once', async (status, exitCode, said) => {
    await using logpoint = await answering(status, '{"errors":{"package_import":["no"]}}')
    const result = await push(logpoint.url)
    expect(result.exitCode).toBe(exitCode)
    expect(result.stderr).toContain(said)
    expect(logpoint.requests).toHaveLength(1)
  })

  it('sends no empty list, and nothing without a name or a key', async () => {
    await using logpoint = await answering(200, '')
    expect((await push(logpoint.url, '--kind', 'tlsh', '--source', 'import', '--max-age', '1h')).exitCode).toBe(11)
    const flags = ['--push', logpoint.url, '--push-list', 'X']
    expect((await cli(['export', '--format', 'logpoint-list', ...flags])).exitCode).toBe(2)
    expect((await cli(['export', '--format', 'logpoint-list', '--push', logpoint.url])).exitCode).toBe(2)
    expect(logpoint.requests).toHaveLength(0)
  })
})
