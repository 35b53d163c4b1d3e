import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { schemaProblems } from '../../support/json-schema.ts'
import { anObject } from '../../support/items.ts'
import { runCli, temporaryFolder, type CliResult } from '../../support/run-cli.ts'

interface World {
  readonly folder: string
  file(name: string, content: string | Buffer): string
  run(commandLine: string | readonly string[]): Promise<CliResult>
}

/** A folder with a store in it that several commands use one after the other. */
function aWorld(): World {
  const folder = temporaryFolder()
  return {
    folder,
    file(name, content) {
      writeFileSync(path.join(folder, name), content)
      return name
    },
    run: (commandLine) => runCli(commandLine, { folder }),
  }
}

const bundleOf = (...objects: readonly Buffer[]) =>
  `{"type":"bundle","id":"bundle--1","objects":[${objects.map(String).join(',')}]}`
const stix1 =
  '<?xml version="1.0"?>\n<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1" version="1.2"><a/></stix:STIX_Package>\n'
const lines = (text: string) => text.split('\n').filter(Boolean)

describe('import', () => {
  it('stores bundles, arrays, NDJSON and STIX 1, and answers as its schema says', async () => {
    const world = aWorld()
    const [one, two, three] = [anObject(), anObject(), anObject()]
    world.file('bundle.json', bundleOf(one.raw, two.raw))
    world.file('array.json', ` [ ${one.raw.toString()} ,\n ${three.raw.toString()} ] `)
    world.file('lines.ndjson', `\ufeff${one.raw.toString()}\r\n\n${bundleOf(two.raw)}\n`)
    world.file('single.json', JSON.stringify(JSON.parse(one.raw.toString()), null, 2))
    world.file('package.xml', stix1)
    const files = 'bundle.json array.json lines.ndjson single.json package.xml'
    const { exitCode, stdout, stderr } = await world.run(`import ${files} -o json`)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const answer = JSON.parse(stdout) as { results: { collection: string; new: number }[]; totals: object }
    expect(schemaProblems('import', answer)).toEqual([])
    expect(answer.results.map((row) => [row.collection, row.new])).toEqual([
      ['bundle.json', 2],
      ['array.json', 2],
      ['lines.ndjson', 2],
      ['single.json', 1],
      ['package.xml', 1],
    ])
    const again = JSON.parse((await world.run(`import ${files} -o json`)).stdout) as { totals: object }
    expect(again.totals).toMatchObject({ new: 0, updated: 0, unchanged: 8, received: 8 })
  })

  it('keeps what is whole of a damaged file and ends as partial', async () => {
    const world = aWorld()
    world.file('cut.json', bundleOf(anObject().raw, anObject().raw).slice(0, -30))
    const { exitCode, stdout, stderr } = await world.run('import cut.json -o json')
    expect(exitCode).toBe(12)
    expect(JSON.parse(stdout)).toMatchObject({
      results: [{ status: 'partial', new: 1, error: { code: 'WORKFLOW_FILE_DAMAGED', kind: 'protocol' } }],
    })
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'WORKFLOW_IMPORT_PARTIAL', kind: 'partial' } })
  })

  it('puts single damaged objects aside and ends as partial', async () => {
    const world = aWorld()
    world.file('mixed.json', bundleOf(anObject().raw, Buffer.from('{"type":"indicator"}'), anObject().raw))
    const { exitCode, stdout } = await world.run('import mixed.json -o json')
    expect(exitCode).toBe(12)
    expect(JSON.parse(stdout)).toMatchObject({ results: [{ status: 'partial', received: 3, new: 2, quarantined: 1 }] })
  })

  it.each([
    ['html', '<html><body>Sign in<br></body></html>', 'WORKFLOW_FILE_NOT_STIX'],
    ['text', 'name,value\na,b\n', 'WORKFLOW_FILE_NOT_STIX'],
    ['nothing', '', 'WORKFLOW_FILE_DAMAGED'],
    ['cut XML', stix1.slice(0, -20), 'WORKFLOW_FILE_DAMAGED'],
    ['a document type', `<!DOCTYPE a [<!ENTITY b "c">]>${stix1.slice(22)}`, 'WORKFLOW_FILE_DAMAGED'],
    ['cut JSON', '{"type":"bundle","objects":[{"type":', 'WORKFLOW_FILE_DAMAGED'],
    ['not UTF-8', Buffer.from('[{"type":"a\xff","id":"b"}]', 'latin1'), 'WORKFLOW_FILE_DAMAGED'],
  ])('of %s alone ends as protocol and stores nothing', async (_what, content, code) => {
    const world = aWorld()
    world.file('given', content)
    const { exitCode, stderr } = await world.run('import given -o json')
    expect(exitCode).toBe(10)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code, kind: 'protocol' } })
    expect((await world.run('export --format ndjson')).stdout).toBe('')
  })

  it('names a file that is not there and goes on with the next', async () => {
    const world = aWorld()
    world.file('good.json', bundleOf(anObject().raw))
    expect((await world.run('import nowhere.json')).exitCode).toBe(5)
    const { exitCode, stdout } = await world.run('import nowhere.json good.json -o json')
    expect(exitCode).toBe(12)
    expect(JSON.parse(stdout)).toMatchObject({ results: [{ status: 'failed' }, { status: 'ok', new: 1 }] })
  })

  it('leaves the store as it was when a file is missing, a folder, or no STIX', async () => {
    const world = aWorld()
    world.file('notes.txt', 'hello')
    for (const file of ['nowhere.json', 'notes.txt', '.']) {
      expect((await world.run(`import ${file}`)).exitCode, file).not.toBe(0)
    }
    expect(JSON.parse((await world.run('store info -o json')).stdout)).toMatchObject({ results: [] })
  })

  it('stores under the source and collection that are named', async () => {
    const world = aWorld()
    world.file('one.json', bundleOf(anObject().raw))
    world.file('two.json', bundleOf(anObject().raw))
    await world.run('import one.json two.json --source partner --collection mails')
    const { stdout } = await world.run('store info -o json')
    expect(schemaProblems('store-info', JSON.parse(stdout))).toEqual([])
    expect(JSON.parse(stdout)).toMatchObject({ results: [{ source: 'partner', collection: 'mails', ids: 2 }] })
  })

  it('reads UTF-16 XML, drops the declaration and takes the binding of the version', async () => {
    const world = aWorld()
    world.file('wide.xml', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(stix1, 'utf16le')]))
    world.file('narrow.xml', stix1)
    await world.run('import wide.xml narrow.xml --collection same')
    const blocks = lines((await world.run('export --format ndjson')).stdout).map((line) => JSON.parse(line) as object)
    expect(blocks).toHaveLength(1)
    expect(blocks[0]).toMatchObject({ type: 'content-block', binding: 'urn:stix.mitre.org:xml:1.2' })
    expect(blocks[0]).toMatchObject({ content: stix1.slice(stix1.indexOf('\n') + 1).trim() })
  })
})

describe('export', () => {
  async function aFilledWorld() {
    const world = aWorld()
    const first = anObject({ name: 'first' })
    const update = anObject({ id: first.id, modified: '2026-02-01T00:00:00.000Z' })
    const malware = anObject({ type: 'malware' })
    const big = Buffer.from(anObject().raw.toString().replace(/}$/, ',"x_big":9007199254740993,"x_huge":1e400}'))
    world.file('objects.json', bundleOf(first.raw, update.raw, malware.raw, big))
    world.file('copy.json', bundleOf(malware.raw))
    world.file('package.xml', stix1)
    await world.run('import objects.json copy.json package.xml')
    return { world, first, update, malware, big }
  }

  it('T13: ndjson has every byte of every version, and blocks as lines that can be imported again', async () => {
    const { world, first, update, malware, big } = await aFilledWorld()
    const { exitCode, stdout, stderr } = await world.run('export --format ndjson')
    expect(exitCode).toBe(0)
    expect(lines(stdout).slice(0, 5)).toEqual([first.raw, update.raw, malware.raw, big, malware.raw].map(String))
    expect(stdout).toContain('"x_big":9007199254740993,"x_huge":1e400')
    expect(stderr).toContain('5 objects, 1 content block\n')

    const other = aWorld()
    other.file('all.ndjson', stdout)
    expect((await other.run('import all.ndjson')).exitCode).toBe(0)
    const back = lines((await other.run('export --format ndjson')).stdout)
    expect(back.slice(0, 4)).toEqual(lines(stdout).slice(0, 4))
    const [block, was] = [back[4], lines(stdout)[5]].map(
      (line) => JSON.parse(line ?? '') as { id: string; content: string },
    )
    expect([block?.id, block?.content]).toEqual([was?.id, was?.content])
  })

  it('takes - for standard output, as --emit does', async () => {
    const { world } = await aFilledWorld()
    const { stdout } = await world.run('export --format ndjson --out -')
    expect(stdout).toBe((await world.run('export --format ndjson')).stdout)
  })

  it('stix is one bundle of the latest versions, each once, and STIX 1 converted', async () => {
    const { world, update, malware } = await aFilledWorld()
    const { stdout, stderr } = await world.run('export --format stix')
    const bundle = JSON.parse(stdout) as { type: string; id: string; objects: { id: string; modified: string }[] }
    expect(bundle.type).toBe('bundle')
    expect(bundle.id).toMatch(/^bundle--[0-9a-f-]{36}$/)
    expect(bundle.objects).toHaveLength(3)
    expect(bundle.objects.find(({ id }) => id === update.id)?.modified).toBe(update.version)
    expect(bundle.objects.filter(({ id }) => id === malware.id)).toHaveLength(1)
    expect(stderr).toContain('(some made of 1 content block of STIX 1)')
    const everything = JSON.parse((await world.run('export --format stix --all-versions')).stdout) as typeof bundle
    expect(everything.objects).toHaveLength(4)
  })

  it('writes a bundle of STIX 2.0 as one', async () => {
    const world = aWorld()
    const old = anObject().raw.toString().replace('"spec_version":"2.1",', '')
    world.file('old.json', `{"type":"bundle","id":"bundle--1","spec_version":"2.0","objects":[${old}]}`)
    await world.run('import old.json')
    expect(JSON.parse((await world.run('export --format stix')).stdout)).toMatchObject({ spec_version: '2.0' })
  })

  it('takes filters, and names what it does not know', async () => {
    const { world, malware } = await aFilledWorld()
    const ndjson = async (flags: string) => lines((await world.run(`export --format ndjson ${flags}`)).stdout)
    expect(await ndjson('--type malware --collection objects.json')).toEqual([malware.raw.toString()])
    expect(await ndjson('--type malware --type indicator')).toHaveLength(5)
    expect(await ndjson('--collection copy.json --collection package.xml')).toHaveLength(2)
    expect(await ndjson('--since-added 1h')).toHaveLength(6)
    expect(await ndjson('--since-added 2999-01-01T00:00:00Z')).toEqual([])
    expect(await ndjson('--no-all-versions')).toHaveLength(5)
    const unknown = await world.run('export --format ndjson --collection objets.json')
    expect(unknown.exitCode).toBe(5)
    expect(unknown.stderr).toContain('Did you mean "objects.json"?')
    expect((await world.run('export --format ndjson --source nobody')).exitCode).toBe(5)
    expect((await world.run('export --format ndjson --since-added soon')).exitCode).toBe(2)
    expect((await world.run('export --format ndjson -o json')).exitCode).toBe(2)
  })

  it('L13: a file appears whole or the old one stays, and nothing is left beside it', async () => {
    const { world } = await aFilledWorld()
    const file = path.join(world.folder, 'out.ndjson')
    writeFileSync(file, 'old')
    expect((await world.run('export --format ndjson --source nobody --out out.ndjson')).exitCode).toBe(5)
    expect(readFileSync(file, 'utf8')).toBe('old')
    const { exitCode, stdout } = await world.run('export --format ndjson --out out.ndjson')
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' })
    expect(lines(readFileSync(file, 'utf8'))).toHaveLength(6)
    expect(readdirSync(world.folder).filter((name) => name.includes('.part'))).toEqual([])
    expect((await world.run('export --format ndjson --out no/such/folder.ndjson')).exitCode).toBe(11)
  })
})

describe('provenance', () => {
  it('S27: shows every source, page and digest of an id', async () => {
    const world = aWorld()
    const object = anObject()
    world.file('one.json', bundleOf(object.raw))
    world.file('two.json', bundleOf(object.raw, anObject().raw))
    await world.run('import one.json two.json')
    const { exitCode, stdout } = await world.run(`provenance ${object.id} -o json`)
    expect(exitCode).toBe(0)
    expect(schemaProblems('provenance', JSON.parse(stdout))).toEqual([])
    expect(JSON.parse(stdout)).toMatchObject([
      { collection: 'one.json', version: object.version, url: expect.stringContaining('one.json') as string },
      { collection: 'two.json', version: object.version },
    ])
    const unknown = await world.run('provenance indicator--nowhere')
    expect(unknown.exitCode).toBe(5)
    expect(unknown.stderr).toContain('indicator--nowhere')
  })
})

describe('store', () => {
  async function aFilledWorld() {
    const world = aWorld()
    const first = anObject()
    world.file(
      'objects.json',
      bundleOf(first.raw, anObject({ id: first.id, modified: '2026-02-01T00:00:00.000Z' }).raw),
    )
    await world.run('import objects.json')
    return world
  }

  it('verify says that all is well, and exit status 11 with what is broken', async () => {
    const world = await aFilledWorld()
    const sound = await world.run('store verify -o json')
    expect(sound.exitCode).toBe(0)
    expect(schemaProblems('store-verify', JSON.parse(sound.stdout))).toEqual([])
    expect(JSON.parse(sound.stdout)).toMatchObject({ results: [], totals: { ok: true, checked: 2, problems: 0 } })

    const file = path.join(world.folder, 'data', 'store.sqlite')
    const bytes = readFileSync(file)
    const at = bytes.indexOf(Buffer.from([0x78, 0x01])) + 30
    bytes[at] = (bytes[at] as number) ^ 0xff
    writeFileSync(file, bytes)
    const broken = await world.run('store verify -o json')
    expect(broken.exitCode).toBe(11)
    expect(schemaProblems('store-verify', JSON.parse(broken.stdout))).toEqual([])
    expect(JSON.parse(broken.stdout)).toMatchObject({ totals: { ok: false } })
    expect(JSON.parse(broken.stderr)).toMatchObject({ error: { code: 'STORE_DAMAGED', kind: 'local' } })
    const reading = await world.run('export --format ndjson')
    expect(reading.exitCode).toBe(11)
    expect(reading.stderr).toContain('store verify')
  })

  it('prune asks first, counts with --dry-run, and removes with --yes', async () => {
    const world = await aFilledWorld()
    const refused = await world.run('store prune')
    expect(refused.exitCode).toBe(2)
    const dry = await world.run('store prune --dry-run -o json')
    expect(schemaProblems('store-prune', JSON.parse(dry.stdout))).toEqual([])
    expect(JSON.parse(dry.stdout)).toMatchObject({ removed: 1, dryRun: true })
    expect(JSON.parse((await world.run('store prune --older-than 1d --yes -o json')).stdout)).toMatchObject({
      removed: 0,
    })
    expect(JSON.parse((await world.run('store prune --yes -o json')).stdout)).toMatchObject({
      removed: 1,
      dryRun: false,
    })
    expect(JSON.parse((await world.run('store prune --all --yes -o json')).stdout)).toMatchObject({ removed: 1 })
    expect((await world.run('store prune --source nobody')).exitCode).toBe(5)
    expect((await world.run('store prune --older-than soon')).exitCode).toBe(2)
    expect((await world.run('store verify')).exitCode).toBe(0)
  })

  it('backup makes a store of its own (0600) and never overwrites', async () => {
    const world = await aFilledWorld()
    const { exitCode, stdout } = await world.run('store backup copy.db -o json')
    expect(exitCode).toBe(0)
    expect(schemaProblems('store-backup', JSON.parse(stdout))).toEqual([])
    const copy = path.join(world.folder, 'copy.db')
    expect((statSync(copy).mode & 0o777).toString(8)).toBe('600')
    expect((await world.run('store backup copy.db')).exitCode).toBe(6)
    expect((await world.run('store backup no/such/copy.db')).exitCode).toBe(11)
    expect(existsSync(path.join(world.folder, 'no'))).toBe(false)
    const { stdout: exported } = await world.run(['--store', copy, 'export', '--format', 'ndjson'])
    expect(lines(exported)).toHaveLength(2)
  })

  it('info of a new store is an empty listing', async () => {
    const { exitCode, stdout } = await aWorld().run('store info -o json')
    expect(exitCode).toBe(0)
    expect(schemaProblems('store-info', JSON.parse(stdout))).toEqual([])
    expect(JSON.parse(stdout)).toMatchObject({ results: [], totals: { versions: 0 } })
  })

  it('refuses a PostgreSQL URL with a password in it, without showing that', async () => {
    const { exitCode, stderr } = await aWorld().run('store info --store postgres://ann:hunter2@db.example/x')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--store-password-file')
    expect(stderr).not.toContain('hunter2')
  })
})
