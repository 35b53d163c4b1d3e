import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { anObject } from '../../support/items.ts'
import { schemaProblems } from '../../support/json-schema.ts'
import { runCli, temporaryFolder, type CliOptions } from '../../support/run-cli.ts'
import { hasSharedData, sharedData } from '../../support/shared-data.ts'

interface Answer {
  readonly value: string
  readonly kind: string | null
  readonly known: boolean
  readonly valid: boolean
  readonly indicators: readonly Readonly<Record<string, unknown>>[]
}

/** A store with what the files hold; commands run on it one after the other. */
async function aStoreWith(...files: readonly string[]) {
  const folder = temporaryFolder()
  const run = (commandLine: string | readonly string[], more: CliOptions = {}) =>
    runCli(commandLine, { ...more, folder })
  const { exitCode, stderr } = await run(['import', ...files, '-o', 'json'])
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return { folder, run }
}

async function aStoreOf(...objects: readonly Record<string, unknown>[]) {
  const file = path.join(temporaryFolder(), 'feed.json')
  const raw = objects.map((object) => anObject(object).raw.toString())
  writeFileSync(file, `{"type":"bundle","id":"bundle--1","objects":[${raw.join(',')}]}`)
  return aStoreWith(file)
}

const pattern = (text: string, more: Record<string, unknown> = {}) => ({
  type: 'indicator',
  pattern: text,
  pattern_type: 'stix',
  valid_from: '2026-01-01T00:00:00Z',
  ...more,
})

const domain = pattern("[domain-name:value = 'bad.example']", {
  name: 'Bad',
  description: 'why it is bad',
  confidence: 80,
  labels: ['botnet'],
})
const network = pattern("[ipv4-addr:value ISSUBSET '203.0.113.0/24']")

describe('lookup', () => {
  it('answers each value in the order asked, defanged ones too, as its schema says', async () => {
    const { run } = await aStoreOf(domain, network, pattern("[url:value = 'http://bad.example/x']"))
    const asked = [
      'hxxp://bad[.]example/x',
      '198.51.100.1',
      'BAD.example.',
      '\u0000',
      '203.0.113.9',
      'www.bad[.]example',
    ]
    const { exitCode, stdout, stderr } = await run(['lookup', ...asked, '-o', 'json'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const answers = JSON.parse(stdout) as Answer[]
    expect(schemaProblems('lookup', answers)).toEqual([])
    expect(answers.map(({ value, kind, known }) => [value, kind, known])).toEqual([
      ['http://bad.example/x', 'url', true],
      ['198.51.100.1', 'ipv4', false],
      ['bad.example', 'domain', true],
      [expect.anything(), expect.anything(), false],
      ['203.0.113.9', 'ipv4', true],
      ['www.bad.example', 'domain', true],
    ])
    expect(
      answers.map(({ indicators }) => indicators.map(({ by, value }) => `${String(by)} ${String(value)}`)),
    ).toEqual([
      ['value http://bad.example/x', 'host bad.example'],
      [],
      ['value bad.example'],
      [],
      ['network 203.0.113.0/24'],
      ['parent-domain bad.example'],
    ])
    expect(answers[2]?.indicators[0]).toMatchObject({
      role: 'indicator',
      name: 'Bad',
      description: 'why it is bad',
      category: 'botnet',
      confidence: 80,
      source: 'import',
      valid: true,
    })
  })

  it('tells indicators and bare observables apart', async () => {
    const { run } = await aStoreOf(domain, { type: 'domain-name', id: 'domain-name--1', value: 'seen.example' })
    const answers = JSON.parse((await run('lookup bad.example seen.example -o json')).stdout) as Answer[]
    expect(answers.map(({ known, indicators }) => [known, indicators[0]?.role])).toEqual([
      [true, 'indicator'],
      [true, 'observable'],
    ])
  })

  it('says what was revoked, and that it no longer holds', async () => {
    const id = 'indicator--1'
    const revoked = { ...domain, id, revoked: true, modified: '2026-02-01T00:00:00.000Z' }
    const { run } = await aStoreOf(
      { ...domain, id },
      revoked,
      pattern("[ipv4-addr:value = '192.0.2.1']", { valid_until: '2026-02-01T00:00:00Z' }),
    )
    const [first, second] = JSON.parse((await run('lookup bad.example 192.0.2.1 -o json')).stdout) as Answer[]
    expect(first).toMatchObject({ known: true, valid: false })
    expect(first?.indicators.map((found) => found.revoked)).toEqual([true, true])
    expect(second).toMatchObject({ known: true, valid: false })
  })

  it('answers standard input line by line, in order, whatever is on a line', async () => {
    const { run } = await aStoreOf(domain)
    const lines = [
      'bad.example',
      '',
      'x'.repeat(100_000),
      '"; DROP TABLE stated',
      '\ud83c\udf52',
      '__proto__',
      '  bad[.]example\r',
      'no.example',
    ]
    const { stdout, exitCode } = await run('lookup - -o ndjson', { stdin: lines.join('\n') })
    expect(exitCode).toBe(0)
    const answers = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Answer)
    expect(answers.map(({ known }) => known)).toEqual([true, false, false, false, false, false, true, false])
    expect(stdout.length).toBeLessThan(20_000)
  })

  it('says what can be no address and no hash, and answers an empty text too', async () => {
    const { run } = await aStoreOf(domain)
    const asked = ['256.1.1.1', 'ab1'.repeat(9), '', 'a.exe']
    const { stdout, exitCode } = await run(['lookup', ...asked, '-o', 'json'])
    expect(exitCode).toBe(0)
    expect((JSON.parse(stdout) as Answer[]).map(({ kind, known }) => [kind, known])).toEqual([
      [null, false],
      [null, false],
      [null, false],
      ['domain', false],
    ])
    const { stdout: table } = await run(['lookup', ...asked])
    expect(table).toContain('no address')
    expect(table).toContain('no hash')
  })

  it('says in plain words what is wrong with an argument', async () => {
    const { run } = await aStoreOf(domain)
    const empty = await run(['indicator', 'show', ''])
    expect(empty).toMatchObject({ exitCode: 2 })
    expect(empty.stderr).toContain('Argument VALUE "" is not valid: it is empty')
    expect((await run('fetch --page-size 0')).stderr).not.toMatch(/expected|too small/i)
  })

  it('contracts 6: --exit-code ends with 5 when nothing is known', async () => {
    const { run } = await aStoreOf(domain)
    expect((await run('lookup no.example --exit-code -o json')).exitCode).toBe(5)
    expect((await run('lookup no.example bad.example --exit-code')).exitCode).toBe(0)
    expect((await run('lookup no.example')).exitCode).toBe(0)
    expect(JSON.parse((await run('lookup no.example --exit-code -o json')).stdout)).toHaveLength(1)
  })

  it('writes values for people so that nobody opens them, and for programs as they are', async () => {
    const { run } = await aStoreOf(domain)
    const { stdout: table } = await run('lookup http://www.bad.example/x 192.0.2.1 ann@bad.example')
    expect(table).toContain('hxxp://www[.]bad[.]example/x')
    expect(table).toContain('192[.]0[.]2[.]1')
    expect(table).toContain('ann[@]bad[.]example')
    expect(table).not.toMatch(/http:|bad\.example/)
    expect((await run('lookup bad.example -o csv')).stdout).toMatch(
      /^value,kind,.*\nbad\.example,domain,valid,indicator,botnet/,
    )
    expect((await run('lookup bad.example -o name')).stdout).toBe('bad.example\n')
  })

  it('S8, S10: what a feed says is data to terminal and spreadsheet', async () => {
    const name = '=1+1\u001b]52;c;x\u0007\u202e'
    const { run } = await aStoreOf({ ...domain, name })
    for (const format of ['table', 'csv', 'json', 'ndjson', 'yaml']) {
      const { stdout } = await run(`lookup bad.example -o ${format}`)

      expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/)
    }
    expect((await run('lookup bad.example -o csv')).stdout).toContain("'=1+1")
    expect((JSON.parse((await run('lookup bad.example -o json')).stdout) as Answer[])[0]?.indicators[0]?.name).toBe(
      name,
    )
  })

  it.skipIf(!hasSharedData)('finds all 737 indicators of talos-darkgate by value, all of them sound', async () => {
    const file = sharedData('stix2/talos-darkgate-stix20.json')
    const { run } = await aStoreWith(file)
    const { objects } = JSON.parse(readFileSync(file, 'utf8')) as {
      objects: { type: string; id: string; pattern: string }[]
    }
    const wanted = objects.filter(({ type }) => type === 'indicator')
    expect(wanted).toHaveLength(737)
    // The value is the last quoted text of each: type tests come before it.
    const values = wanted.map((one) => /'((?:[^'\\]|\\.)*)'\s*\]$/.exec(one.pattern)?.[1] ?? one.pattern)
    const answers = JSON.parse((await run('lookup - -o json', { stdin: values.join('\n') })).stdout) as Answer[]
    const found = wanted.filter(({ id }, n) =>
      answers[n]?.indicators.some((one) => one.id === id && one.by === 'value' && one.sound === true),
    )
    expect(found).toHaveLength(737)
  })

  it.skipIf(!hasSharedData)(
    'finds each of the 1,549 indicators of amnesty-pegasus, and the malware it indicates',
    async () => {
      const file = sharedData('stix2/amnesty-pegasus.stix2.json')
      const { run } = await aStoreWith(file)
      const { objects } = JSON.parse(readFileSync(file, 'utf8')) as {
        objects: { type: string; id: string; pattern: string }[]
      }
      const wanted = objects.filter(({ type }) => type === 'indicator')
      expect(wanted).toHaveLength(1549)
      const values = wanted.map((one) => /'((?:[^'\\]|\\.)*)'/.exec(one.pattern)?.[1] ?? one.pattern)
      const answers = JSON.parse((await run('lookup - -o json', { stdin: values.join('\n') })).stdout) as Answer[]
      const found = wanted.filter(({ id }, n) =>
        answers[n]?.indicators.some((one) => one.id === id && one.by === 'value' && one.category === 'Pegasus'),
      )
      expect(found).toHaveLength(1549)
    },
  )
})

describe('indicator', () => {
  const feed = [
    {
      ...domain,
      id: 'indicator--1',
      object_marking_refs: ['marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed'],
    },
    pattern("[ipv4-addr:value = '10.1.2.3']"),
    pattern("[ipv4-addr:value = '203.0.113.9']", { confidence: 10 }),
    pattern("[url:value = 'http://old.example/'] ", { valid_until: '2026-02-01T00:00:00Z' }),
    pattern("[file:name = 'x.exe' AND file:size = 3]"),
    pattern("[file:hashes.'SHA-256' = '" + 'ab'.repeat(32) + "']", { name: '=cmd' }),
  ]

  it('list has each value that counts once, as its schema says', async () => {
    const { run } = await aStoreOf(...feed)
    const { stdout, exitCode, stderr } = await run('indicator list -o json')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(schemaProblems('indicator-list', JSON.parse(stdout))).toEqual([])
    const names = async (flags: string) =>
      (await run(`indicator list -o name ${flags}`)).stdout.split('\n').filter(Boolean)
    const hash = 'ab'.repeat(32)
    expect(await names('')).toEqual(['203.0.113.9', 'bad.example', hash])
    expect(await names('--kind domain --min-confidence high')).toEqual(['bad.example'])
    expect(await names('--kind hash,ip')).toEqual(['203.0.113.9', hash])
    expect(await names('--tlp amber')).toEqual(['203.0.113.9', hash])
    expect(await names('--tlp white')).toEqual(['203.0.113.9', hash])
    expect(await names('--source import,import')).toHaveLength(3)
    expect(await names('--include-expired --kind url')).toEqual(['http://old.example/'])
    expect(await names('--no-warning-lists --kind ipv4')).toEqual(['10.1.2.3', '203.0.113.9'])
    expect(await names('--hints --kind file-name')).toEqual(['x.exe'])
    expect((await run('indicator list -o csv')).stdout).toContain(",'=cmd,")
  })

  it('list takes an allow list and a folder of warning lists, and says what is wrong with them', async () => {
    const { run, folder } = await aStoreOf(...feed)
    writeFileSync(path.join(folder, 'ours.txt'), '.example\n')
    writeFileSync(path.join(folder, 'list.json'), JSON.stringify({ name: 'L', type: 'cidr', list: ['203.0.113.0/24'] }))
    const { stdout } = await run('indicator list -o name --allow-list ours.txt --warning-lists .')
    expect(stdout).toBe(`${'ab'.repeat(32)}\n`)
    expect(await run('indicator list --allow-list none.txt')).toMatchObject({ exitCode: 3 })
    expect(await run('indicator list --warning-lists none')).toMatchObject({ exitCode: 3 })
    expect(await run('indicator list --kind domian')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('domain') as string,
    })
    expect(await run('indicator list --min-confidence 101')).toMatchObject({ exitCode: 2 })
    expect(await run('indicator list --max-age soon')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('months: 12h') as string,
    })
    expect(await run('indicator list --source import,nobody')).toMatchObject({ exitCode: 5 })
  })

  it('explain says of every statement whether it counts, and why not', async () => {
    const { run } = await aStoreOf(...feed)
    const explained = async (value: string, flags = '') => {
      const { stdout, exitCode } = await run(`indicator explain ${value} -o json ${flags}`)
      expect(exitCode).toBe(0)
      const answer = JSON.parse(stdout) as { results: { reasons: { code: string }[] }[]; totals: { exported: boolean } }
      expect(schemaProblems('indicator-explain', answer)).toEqual([])
      return [answer.totals.exported, ...answer.results.map(({ reasons }) => reasons.map(({ code }) => code))]
    }
    expect(await explained('bad[.]example')).toEqual([true, []])
    expect(await explained('bad.example', '--tlp green')).toEqual([false, ['tlp']])
    expect(await explained('10.1.2.3')).toEqual([false, ['warning-list']])
    expect(await explained('http://old.example/')).toEqual([false, ['expired']])
    expect(await explained('x.exe', '--min-confidence low')).toEqual([false, ['hint', 'confidence']])
    expect(await explained('203.0.113.9')).toEqual([true, []])
    const { stdout } = await run('indicator explain 10.1.2.3')
    expect(stdout).toContain('not on the Internet')
  })

  it('show has what is known of a value, also when it does not count; the unknown is not found', async () => {
    const { run } = await aStoreOf(...feed)
    const shown = async (value: string) =>
      JSON.parse((await run(`indicator show ${value} -o json`)).stdout) as Record<string, unknown>
    expect(schemaProblems('indicator-show', await shown('bad.example'))).toEqual([])
    expect(await shown('bad.example')).toMatchObject({ counts: true, indicator: { tlp: 'red', confidence: 80 } })
    expect(await shown('http://old.example/')).toMatchObject({ counts: false, indicator: { kind: 'url' } })
    expect(await shown('10.1.2.3')).toMatchObject({ counts: false, indicator: { role: 'indicator' } })
    expect(await shown('10.1.2.3 --no-warning-lists')).toMatchObject({ counts: true })
    expect(await shown('x.exe')).toMatchObject({ counts: false, indicator: { sound: false } })
    expect(await shown('bad.example --collection other')).toMatchObject({ counts: false })
    const { stdout } = await run('indicator show bad.example')
    expect(stdout).toMatch(/Description\s+why it is bad/)
    expect(await run('indicator show www.bad.example')).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('indicator show bad.example') as string,
    })
    expect(await run('indicator explain nothing.example')).toMatchObject({ exitCode: 5 })
  })
})

describe('a store that is not there', () => {
  it.each(['lookup bad.example', 'indicator list', 'indicator show bad.example', 'export --format list', 'store info'])(
    '%s does not make the store that is named, and says which one may be meant',
    async (command) => {
      const { run, folder } = await aStoreOf(domain)
      await run(`store backup ${path.join(folder, 'feeds.sqlite')}`)
      const answer = await run(`${command} --store ${path.join(folder, 'fedes.sqlite')}`)
      expect(answer).toMatchObject({ exitCode: 5, stdout: '' })
      expect(answer.stderr).toContain(`Did you mean ${path.join(folder, 'feeds.sqlite')}?`)
      expect(existsSync(path.join(folder, 'fedes.sqlite'))).toBe(false)
      const named = await run(command, { env: { STIXTAXII_STORE: path.join(folder, 'nowhere/none.sqlite') } })
      expect(named).toMatchObject({ exitCode: 5, stdout: '' })
    },
  )

  it('what stores something makes it; in the usual place nothing is known yet, and that is said', async () => {
    const folder = temporaryFolder()
    const answer = await runCli('lookup bad.example -o json', { folder })
    expect(answer.exitCode).toBe(0)
    expect(JSON.parse(answer.stdout)).toMatchObject([{ known: false }])
    expect(answer.stderr).toContain('Nothing is stored yet')
    expect((await runCli('store info --store memory:', { folder })).exitCode).toBe(0)
  })
})

describe('store reindex', () => {
  it('reads everything again, and answers as its schema says', async () => {
    const { run } = await aStoreOf(domain, network)
    const before = (await run('lookup bad.example 203.0.113.9 -o json')).stdout
    const { stdout, exitCode } = await run('store reindex -o json')
    expect(exitCode).toBe(0)
    expect(schemaProblems('store-reindex', JSON.parse(stdout))).toEqual([])
    expect(JSON.parse(stdout)).toMatchObject({ versions: 2, statements: 2, values: 2, unusable: 0 })
    expect((await run('lookup bad.example 203.0.113.9 -o json')).stdout).toBe(before)
    expect(JSON.parse((await run('store info -o json')).stdout)).toMatchObject({
      totals: { values: 2, kinds: [{ kind: 'ipv4', values: 1, statements: 1 }, { kind: 'domain' }] },
    })
  })
})
