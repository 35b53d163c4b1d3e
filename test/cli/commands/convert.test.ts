import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { aDomain, aFile, anIndicator, anObservable, aPackage } from '../../stix/stix1/a-package.ts'
import { anObject } from '../../support/items.ts'
import { schemaProblems } from '../../support/json-schema.ts'
import { runCli, temporaryFolder, type CliResult } from '../../support/run-cli.ts'

const indicator = (id: string) => anIndicator(anObservable(aDomain(`${id}.example`), '', 'i'), `id="ex:${id}"`)
const stix1 = aPackage(`<s:Indicators>${indicator('one')}${indicator('two')}</s:Indicators>`)
const lossy = aPackage(
  `<s:Indicators>${anIndicator('<i:Title>x</i:Title>')}${anIndicator(
    anObservable(aFile('<file:File_Name>a</file:File_Name>'), '', 'i') +
      '<i:Likely_Impact><c:Value>High</c:Value></i:Likely_Impact>',
    'id="ex:9"',
  )}</s:Indicators>`,
)

function aWorld() {
  const folder = temporaryFolder()
  return {
    folder,
    file: (name: string, content: string | Buffer) => writeFileSync(path.join(folder, name), content),
    read: (name: string) => readFileSync(path.join(folder, name), 'utf8'),
    run: (commandLine: string, stdin?: string): Promise<CliResult> => runCli(commandLine, { folder, stdin }),
  }
}

interface Bundle {
  readonly type: string
  readonly id: string
  readonly objects: readonly { readonly id: string; readonly type: string }[]
}

describe('convert', () => {
  it('writes nothing where there is nothing good, and says what is packed or in UTF-16', async () => {
    const world = aWorld()
    const json = `{"type":"bundle","objects":[${anObject().raw.toString()}]}`
    world.file('packed.json.gz', gzipSync(json))
    world.file('wide.json', Buffer.from(`\ufeff${json}`, 'utf16le'))
    const missing = await world.run('convert none.xml')
    expect(missing).toMatchObject({ exitCode: 5, stdout: '' })
    const packed = await world.run('convert packed.json.gz')
    expect(packed).toMatchObject({ exitCode: 10, stdout: '' })
    expect(packed.stderr).toMatch(/gzip[^]*zcat/)
    const wide = await world.run('import wide.json')
    expect(wide.exitCode).toBe(10)
    expect(wide.stderr).toMatch(/UTF-16/)
    expect(wide.stderr).not.toContain('damaged')
  })

  it('makes one STIX 2.1 bundle of files of any version; the result goes to standard error', async () => {
    const world = aWorld()
    world.file('one.xml', stix1)
    const known = anObject()
    world.file('two.json', `{"type":"bundle","id":"bundle--1","objects":[${known.raw.toString()}]}`)
    const { exitCode, stdout, stderr } = await world.run('convert one.xml two.json')
    expect(exitCode).toBe(0)
    const bundle = JSON.parse(stdout) as Bundle
    expect(bundle.objects.map(({ type }) => type)).toEqual(['indicator', 'indicator', 'indicator'])
    expect(stdout).toContain(known.raw.toString())
    expect(bundle.id).toMatch(/^bundle--[0-9a-f]{8}-[0-9a-f]{4}-5/)
    expect(stderr).toContain('objects 3')
  })

  it('gives the same bytes each time, and an object of several files once', async () => {
    const world = aWorld()
    world.file('one.xml', stix1)
    world.file('copy.xml', stix1)
    const [first, second] = [await world.run('convert one.xml copy.xml'), await world.run('convert one.xml copy.xml')]
    expect(second.stdout).toBe(first.stdout)
    expect((JSON.parse(first.stdout) as Bundle).objects).toHaveLength(2)
    expect((await world.run('convert one.xml')).stdout).toBe(first.stdout)
  })

  it('writes --out whole, and the losses by kind to the result and to --report', async () => {
    const world = aWorld()
    world.file('lossy.xml', lossy)
    const { exitCode, stdout, stderr } = await world.run(
      'convert lossy.xml --out out.json --report report.json -o json',
    )
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const answer = JSON.parse(stdout) as { results: { losses: object[] }[] }
    expect(schemaProblems('convert', answer)).toEqual([])
    expect(answer.results[0]?.losses).toEqual([
      { loss: 'A likely impact', count: 1, example: 'ex:9' },
      { loss: 'An indicator without anything that a pattern can say', count: 1, example: 'ex:indicator-1' },
    ])
    expect(JSON.parse(world.read('report.json'))).toEqual(answer)
    expect((JSON.parse(world.read('out.json')) as Bundle).objects).toHaveLength(1)
    const shown = await world.run('convert lossy.xml --out out.json')
    expect(shown.stderr).toContain('lossy.xml: lost 1 x A likely impact (ex:9)')
  })

  it('keeps what is whole of a damaged file and ends as partial; an old file stays when there is nothing', async () => {
    const world = aWorld()
    world.file('cut.xml', stix1.slice(0, stix1.indexOf('two.example')))
    world.file('junk.xml', '<s:STIX_Package xmlns:s="http://stix.mitre.org/stix-1"><s:Indicators>')
    const cut = await world.run('convert cut.xml --out out.json -o json')
    expect(cut.exitCode).toBe(12)
    expect(JSON.parse(cut.stdout)).toMatchObject({ results: [{ objects: 1, damaged: 1, status: 'partial' }] })
    const before = world.read('out.json')
    const junk = await world.run('convert junk.xml --out out.json')
    expect(junk.exitCode).toBe(10)
    expect(junk.stderr).toContain('[WORKFLOW_FILE_DAMAGED]')
    expect(world.read('out.json')).toBe(before)
    expect(readdirSync(world.folder).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('reads standard input and folders', async () => {
    const world = aWorld()
    mkdirSync(path.join(world.folder, 'reports', 'old'), { recursive: true })
    world.file('reports/old/b.xml', stix1)
    world.file('reports/README.md', 'nothing')
    world.file('reports/.hidden.xml', 'nothing')
    expect((JSON.parse((await world.run('convert reports')).stdout) as Bundle).objects).toHaveLength(2)
    const piped = await world.run('convert - --out out.json -o json', stix1)
    expect(JSON.parse(piped.stdout)).toMatchObject({ results: [{ file: '-', objects: 2 }] })
    mkdirSync(path.join(world.folder, 'empty'))
    const empty = await world.run('convert empty')
    expect(empty.exitCode).toBe(5)
    expect(empty.stderr).toContain('[CLI_FOLDER_EMPTY]')
  })
})

describe('import', () => {
  it('mends XML that is not well-formed, says how, and ends as partial', async () => {
    const world = aWorld()
    world.file(
      'odd.xml',
      stix1.replace('one.example', 'one&two.example').replace('<s:Indicators>', '<s:Indicators a=1>'),
    )
    const { exitCode, stdout } = await world.run('import odd.xml -o json')
    expect(exitCode).toBe(12)
    const answer = JSON.parse(stdout) as object
    expect(schemaProblems('import', answer)).toEqual([])
    expect(answer).toMatchObject({
      results: [
        {
          new: 1,
          quarantined: 0,
          status: 'partial',
          losses: [
            'The document was mended: an attribute without a value in quotes was dropped',
            'The document was mended: an & that begins no reference was taken as text',
          ],
          error: { code: 'WORKFLOW_FILE_MENDED' },
        },
      ],
    })
    expect((await world.run('lookup two.example -o json')).stdout).toContain('"ex:two"')
  })

  it('puts indicators aside that are not whole, and stores the others', async () => {
    const world = aWorld()
    world.file('cut.xml', stix1.slice(0, stix1.indexOf('two.example')))
    const { exitCode, stdout } = await world.run('import cut.xml -o json')
    expect(exitCode).toBe(12)
    expect(JSON.parse(stdout)).toMatchObject({ results: [{ received: 2, new: 1, quarantined: 1, status: 'partial' }] })
    expect((await world.run('store quarantine')).stdout).toContain('STIX_PART_BROKEN')
  })

  it('tells of a declaration that XML does not allow, and ends well', async () => {
    const world = aWorld()
    world.file('odd.xml', stix1.replace('<s:STIX_Package', '<s:STIX_Package xmlns:=""'))
    const { exitCode, stderr } = await world.run('import odd.xml')
    expect(exitCode).toBe(0)
    expect(stderr).toContain('A name space declaration that XML does not allow was dropped: xmlns:')
  })

  it('reads folders, each file as its own collection, and standard input', async () => {
    const world = aWorld()
    mkdirSync(path.join(world.folder, 'reports'))
    world.file('reports/a.xml', stix1)
    world.file('reports/b.json', `[${anObject().raw.toString()}]`)
    const folder = JSON.parse((await world.run('import reports -o json')).stdout) as {
      results: { collection: string }[]
    }
    expect(folder.results.map(({ collection }) => collection)).toEqual(['a.xml', 'b.json'])
    const piped = JSON.parse((await world.run('import - -o json', lossy)).stdout) as { results: object[] }
    expect(piped.results).toMatchObject([{ file: '-', collection: 'stdin', new: 1, status: 'ok' }])
  })
})

describe('export --format stix', () => {
  it('has STIX 1 converted, with the ids that convert gives', async () => {
    const world = aWorld()
    world.file('one.xml', stix1)
    await world.run('import one.xml')
    const exported = JSON.parse((await world.run('export --format stix')).stdout) as Bundle
    const converted = JSON.parse((await world.run('convert one.xml')).stdout) as Bundle
    expect(exported.objects).toEqual(converted.objects)
    expect(existsSync(path.join(world.folder, 'out.json'))).toBe(false)
  })
})
