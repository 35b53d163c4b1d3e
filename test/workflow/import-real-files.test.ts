import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openMemoryStore } from '../../src/store/memory/driver.ts'
import { openSqliteStore } from '../../src/store/sqlite/driver.ts'
import type { Store } from '../../src/store/store.ts'
import { exportStore } from '../../src/workflow/export-store.ts'
import { importFiles } from '../../src/workflow/import-files.ts'
import { all } from '../contracts/a-store.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { hasSharedData, sharedData } from '../support/shared-data.ts'
import { temporaryFolder } from '../support/temporary.ts'

const folder = await temporaryFolder()
const dependencies = { clock: fakeClock(), identity: { pid: 1, host: 'host.example' } }
let files = 0
const open = (): Promise<Store> => openSqliteStore(path.join(folder, `${++files}.db`), dependencies)

async function imported(store: Store, ...names: readonly string[]) {
  const request = { files: names.map(sharedData), source: 'import', lockTimeoutMs: 0 }
  return importFiles(request, { store, clock: dependencies.clock }, new AbortController().signal)
}

describe.skipIf(!hasSharedData)('real files', () => {
  it('talos-darkgate has 737 indicators', async () => {
    await using store = await open()
    expect(await imported(store, 'stix2/talos-darkgate-stix20.json')).toMatchObject([{ status: 'ok', quarantined: 0 }])
    expect(await all(store.versions({ type: 'indicator' }))).toHaveLength(737)
  })

  it('amnesty-pegasus has 3,099 objects, which keep their microseconds', async () => {
    await using store = await open()
    expect(await imported(store, 'stix2/amnesty-pegasus.stix2.json')).toMatchObject([{ status: 'ok', new: 3099 }])
    const written = JSON.parse(readFileSync(sharedData('stix2/amnesty-pegasus.stix2.json'), 'utf8')) as {
      objects: { id: string; modified: string }[]
    }
    const stored = await all(store.versions({}))
    const texts = stored.map(({ item }) => item.raw.toString())
    expect(texts.map((text) => (JSON.parse(text) as { modified: string }).modified)).toEqual(
      written.objects.map(({ modified }) => modified),
    )
    expect(texts.some((text) => /"modified":"[^"]*\.\d{6}Z"/.test(text))).toBe(true)
  })

  it('the Citizen Lab files are blocks, although their name spaces are not well-formed', async () => {
    await using store = openMemoryStore(dependencies)
    const results = await imported(store, 'stix1/citizenlab-nilephish.xml', 'stix1/citizenlab-packrat.xml')
    expect(results).toMatchObject([
      { status: 'ok', new: 1 },
      { status: 'ok', new: 1 },
    ])
    const blocks = await all(store.versions({ kind: 'block' }))
    expect(blocks.map(({ item }) => item.kind === 'block' && item.binding)).toEqual(
      Array(2).fill('urn:stix.mitre.org:xml:1.1.1'),
    )
  })

  it('exported as ndjson and imported again they are the same, byte by byte', async () => {
    await using store = await open()
    const names = ['stix2/attack-ics.json', 'stix2/amnesty-pegasus.stix2.json', 'stix1/apt1-fqdns.xml']
    await imported(store, ...names)
    const request = { format: 'ndjson', sources: [], collections: [], types: [], allVersions: true } as const
    const chunks: Buffer[] = []
    const counts = await exportStore(store, request, async (chunk) => void chunks.push(chunk))
    expect(counts).toMatchObject({ objects: 1826 + 3099, blocks: 1 })
    expect((await store.verify()).problems).toEqual([])
    const stored = (await all(store.versions({ kind: 'object' }))).map(({ item }) => item.raw.toString())
    const lines = Buffer.concat(chunks).toString().split('\n')
    expect(lines.filter((line) => !line.startsWith('{"type":"content-block"')).slice(0, -1)).toEqual(stored)
  })
})
