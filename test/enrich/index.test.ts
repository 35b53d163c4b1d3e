import { spawn } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { openIndex } from '../../src/enrich/open-index.ts'
import { prepareIndex, type PrepareOptions } from '../../src/enrich/prepare-index.ts'
import type { Indicator } from '../../src/indicators/indicator.ts'
import { openAtomicFile } from '../../src/output/atomic-file.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { anIndexFile, anIndicator, enriched, now } from './an-index.ts'

const indicators = [
  anIndicator('ipv4', '192.0.2.7'),
  anIndicator('ipv4', '198.50.0.0/15'),
  anIndicator('ipv4', '203.0.113.64/26'),
  anIndicator('domain', 'bad.example', { name: 'x'.repeat(5000) }),
  anIndicator('registry-key', 'HKEY_LOCAL_MACHINE\\software\\evil'),
  anIndicator('mac', '00:00:5e:00:53:01'),
  anIndicator('asn', 'AS64496'),
  anIndicator('certificate-serial', 'a1b2c3d4e5'),
  anIndicator('certificate-serial', '1'),
  anIndicator('mutex', '***'),
]

async function* given(list: readonly Indicator[]): AsyncGenerator<Indicator> {
  for (const one of list) yield await Promise.resolve(one)
}

function prepared(file: string, more: Partial<PrepareOptions> = {}) {
  return prepareIndex({
    file,
    state: 'one',
    now,
    indicators: () => given(indicators),
    openSink: openAtomicFile,
    ...more,
  })
}

it('keeps what is said of a value, and what no line can be searched for is counted', async () => {
  const index = openIndex(await anIndexFile(indicators))
  expect(index.tail).toMatchObject({ indicators: 8, leftOut: 2, prefixLengths: { ipv4: [26, 15], ipv6: [] } })
  expect(index.recordsFor('BAD.example')).toMatchObject([{ kind: 'domain', source: 'acme', id: 'indicator--domain-1' }])
  expect(index.recordsFor('bad.example')[0]?.name).toHaveLength(300)
  expect(index.recordsFor('good.example')).toEqual([])
  index.close()
})

it.each([
  ['HKLM\\Software\\Evil', 'registry-key'],
  ['hkey_local_machine\\software\\evil', 'registry-key'],
  ['00-00-5E-00-53-01', 'mac'],
  ['0000.5e00.5301', 'mac'],
  ['as64496', 'asn'],
  ['A1:B2:C3:D4:E5', 'certificate-serial'],
  ['198.51.3.4', 'ipv4'],
  ['198.50.3.4', 'ipv4'],
  ['203.0.113.127', 'ipv4'],
])('finds %s in JSON and in text fields', async (value, kind) => {
  const index = openIndex(await anIndexFile(indicators))
  expect(enriched(JSON.stringify({ value }), index, { mode: 'filter' })).toContain(`"et_kind":"${kind}"`)
  const pair = `a="${value.replaceAll('\\', '\\\\')}"`
  expect(enriched(`${pair} b=c`, index, { mode: 'filter', format: 'kv' })).toContain(`et_kind="${kind}"`)
  index.close()
})

it.each(['1', '64496', '203.0.113.63', '203.0.113.128', '198.52.0.1', '198.49.255.255'])(
  'does not find %s',
  async (value) => {
    const index = openIndex(await anIndexFile(indicators))
    expect(enriched(JSON.stringify({ value }), index, { mode: 'filter' })).toBe('')
    index.close()
  },
)

describe('a damaged index', () => {
  const damages: readonly (readonly [string, (file: string) => void])[] = [
    ['is cut', (file) => truncateSync(file, readFileSync(file).length - 100)],
    ['is empty', (file) => truncateSync(file, 0)],
    ['has a byte more', (file) => appendFileSync(file, ' ')],
    ['is something else', (file) => writeFileSync(file, Buffer.alloc(10_000, 'x'))],
    ['has another head', (file) => overwrite(file, 3, 'X')],
    ['has another tail', (file) => overwrite(file, readFileSync(file).length - 4000, 'X')],
    ['has another table', (file) => overwrite(file, openedAt(file, 'tablesAt') + 700, 'XXXX')],
    ['has another network', (file) => overwrite(file, openedAt(file, 'networksAt'), 'XXXX')],
  ]

  it.each(damages)('that %s is noticed and built anew', async (_, damage) => {
    const file = await anIndexFile(indicators)
    damage(file)
    expect(() => openIndex(file)).toThrow(expect.objectContaining({ code: 'ENRICH_INDEX_DAMAGED', kind: 'local' }))
    const { index, built } = await prepared(file)
    expect([built, index.tail.indicators]).toEqual(['damaged', 8])
    index.close()
  })

  it('whose record has changed says so when the record is needed', async () => {
    const file = await anIndexFile(indicators)
    overwrite(file, 60, 'XXXX')
    const index = openIndex(file)
    expect(() => index.recordsFor('192.0.2.7')).toThrow(expect.objectContaining({ code: 'ENRICH_INDEX_DAMAGED' }))
    index.close()
  })
})

describe('an index that is there', () => {
  it('is used while store and rules are the same, for a day', async () => {
    const file = path.join(temporaryFolder(), 'a.index')
    const reasons: unknown[] = []
    const prepare = async (more: Partial<PrepareOptions>) => {
      const { index, built } = await prepared(file, more)
      reasons.push(built)
      index.close()
    }
    await prepare({})
    await prepare({})
    await prepare({ state: 'two' })
    await prepare({ state: 'two', now: new Date(now.getTime() + 86_000_000) })
    await prepare({ state: 'two', now: new Date(now.getTime() + 87_000_000) })
    await prepare({ state: 'two', now: new Date(now.getTime() + 87_000_000), rebuild: true })
    expect(reasons).toEqual(['missing', undefined, 'changed', undefined, 'old', 'asked'])
  })

  it('stays when building the next one fails, and is read on by who has it open when it does not', async () => {
    const file = await anIndexFile(indicators)
    const before = readFileSync(file)
    const failing = async function* () {
      yield anIndicator('domain', 'one.example')
      await Promise.reject(new Error('the store failed'))
    }
    await expect(prepared(file, { rebuild: true, indicators: failing })).rejects.toThrow('the store failed')
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)])

    const old = openIndex(file)
    const { index } = await prepared(file, {
      rebuild: true,
      indicators: () => given([anIndicator('domain', 'new.example')]),
    })
    expect([old.recordsFor('bad.example').length, index.recordsFor('bad.example').length]).toEqual([1, 0])
    old.close()
    index.close()
  })

  it('stays when who builds the next one is killed', async () => {
    const file = await anIndexFile(indicators)
    const before = readFileSync(file)
    const folder = path.dirname(file)
    // A process that writes the new one for ever, by the same atomic file.
    const script = `
      const { openAtomicFile } = await import(process.argv[1])
      const sink = await openAtomicFile(process.argv[2])
      await sink.write(Buffer.alloc(1 << 20))
      console.log('writing')
      setInterval(() => {}, 1000)`
    const module = path.join(folder, 'atomic-file.mjs')
    await build({
      entryPoints: ['src/output/atomic-file.ts'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: module,
      logLevel: 'error',
    })
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, module, file])
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
    expect(readFileSync(file).equals(before)).toBe(true)
    const { index, built } = await prepared(file)
    expect(built).toBeUndefined()
    index.close()
  })
})

function overwrite(file: string, position: number, text: string): void {
  const handle = openSync(file, 'r+')
  writeSync(handle, text, position)
  closeSync(handle)
}

function openedAt(file: string, place: 'tablesAt' | 'networksAt'): number {
  expect(existsSync(file)).toBe(true)
  const index = openIndex(file)
  index.close()
  return index.tail[place]
}
