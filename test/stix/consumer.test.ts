import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { runCli, temporaryFolder } from '../support/run-cli.ts'

const dates = { created: '2026-01-01T00:00:00Z', modified: '2026-01-01T00:00:00Z' }
const red = 'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1'

interface Counts {
  readonly received: number
  readonly new: number
  readonly updated: number
  readonly unchanged: number
  readonly conflicts: number
  readonly revoked: number
  readonly quarantined: number
}

/** A store with these objects, imported from files one after the other. */
async function aStoreOf(...files: (readonly (object | string)[] | string)[]) {
  const folder = temporaryFolder()
  const counts: Counts[] = []
  for (const [index, objects] of files.entries()) {
    const texts = typeof objects === 'string' ? [] : objects.map((o) => (typeof o === 'string' ? o : JSON.stringify(o)))
    const bundle =
      typeof objects === 'string' ? objects : `{"type":"bundle","id":"bundle--1","objects":[${texts.join()}]}`
    writeFileSync(path.join(folder, `${index}.json`), bundle)
    const { stdout } = await runCli(`import ${index}.json --collection c1 -o json`, { folder })
    counts.push((JSON.parse(stdout) as { results: [Counts] }).results[0])
  }
  const lines = async (format: string) => (await runCli(`export --format ${format}`, { folder })).stdout
  return {
    counts,
    versions: (await lines('ndjson')).trim().split('\n'),
    latest: (JSON.parse(await lines('stix')) as { objects: Record<string, unknown>[] }).objects,
  }
}

it('STX-2: takes bundles with and without spec_version, and asks each object which version it is of', async () => {
  const old = { type: 'indicator', id: 'indicator--1', ...dates }
  const inOld = JSON.stringify({ type: 'bundle', id: 'bundle--1', spec_version: '2.0', objects: [old] })
  const { counts, versions } = await aStoreOf(inOld, [{ ...old, id: 'indicator--2', spec_version: '2.1' }])
  expect(counts).toMatchObject([{ new: 1 }, { new: 1 }])
  expect(versions).toHaveLength(2)
})

it('STX-5: the newest modified is the latest, whatever the order of arrival; all versions are kept', async () => {
  const at = (modified: string, n: number) => ({ type: 'indicator', id: 'indicator--1', ...dates, modified, n })
  const { counts, versions, latest } = await aStoreOf(
    [at('2026-03-01T00:00:00Z', 3)],
    [at('2026-01-01T00:00:00Z', 1), at('2026-02-01T00:00:00Z', 2)],
  )
  expect(counts).toMatchObject([{ new: 1 }, { updated: 2 }])
  expect(versions).toHaveLength(3)
  expect(latest).toMatchObject([{ n: 3 }])
})

it('STX-5: the same id and modified with other content: the first is kept, and the other reported', async () => {
  const one = { type: 'indicator', id: 'indicator--1', ...dates, name: 'first' }
  const { counts, latest } = await aStoreOf([one], [{ ...one, name: 'second' }])
  expect(counts).toMatchObject([{ new: 1 }, { conflicts: 1, new: 0, updated: 0 }])
  expect(latest).toMatchObject([{ name: 'first' }])
})

it('STX-6: a withdrawn object is counted, kept, and stays the latest after older versions come', async () => {
  const one = { type: 'indicator', id: 'indicator--1', ...dates }
  const { counts, latest } = await aStoreOf(
    [{ ...one, modified: '2026-02-01T00:00:00Z', revoked: true }],
    [{ ...one, modified: '2026-01-15T00:00:00Z' }],
  )
  expect(counts).toMatchObject([
    { revoked: 1, new: 1 },
    { revoked: 0, updated: 1 },
  ])
  expect(latest).toMatchObject([{ revoked: true }])
})

it('STX-7: an observable without dates is one object however often and in whatever order of members it comes', async () => {
  const id = 'ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd'
  const { counts } = await aStoreOf(
    [`{"type":"ipv4-addr","spec_version":"2.1","id":"${id}","value":"198.51.100.3"}`],
    [`{"value":"198.51.100.3","id":"${id}","spec_version":"2.1","type":"ipv4-addr"}`],
    [
      {
        type: 'observed-data',
        id: 'observed-data--1',
        ...dates,
        objects: { 0: { type: 'ipv4-addr', value: '192.0.2.1' } },
      },
    ],
  )
  expect(counts).toMatchObject([{ new: 1 }, { unchanged: 1, new: 0 }, { new: 1 }])
})

it('STX-8: unknown types, properties and extensions are kept', async () => {
  const objects = [
    {
      type: 'x-acme-thing',
      id: 'x-acme-thing--1',
      ...dates,
      confidence: 77,
      extensions: { 'extension-definition--1': {} },
    },
    {
      type: 'language-content',
      spec_version: '2.1',
      id: 'language-content--1',
      ...dates,
      contents: { de: { name: 'ä' } },
    },
  ]
  const { versions } = await aStoreOf(objects)
  expect(versions).toEqual(objects.map((object) => JSON.stringify(object)))
})

it('STX-9: dates of one object are compared as instants, not as text', async () => {
  const at = (modified: string, n: number) => ({ type: 'indicator', id: 'indicator--1', ...dates, modified, n })
  const { latest } = await aStoreOf([
    at('2026-01-01T00:00:00.5Z', 1),
    at('2026-01-01T00:00:00.500001Z', 2),
    at('2026-01-01T00:00:00.49Z', 3),
    at('2026-01-01T01:00:00+01:00', 4),
  ])
  expect(latest).toMatchObject([{ n: 2 }])
})

it('STX-11: markings and creators come out as they came in', async () => {
  const object =
    '{"type":"indicator","id":"indicator--1","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z",' +
    `"created_by_ref":"identity--1","object_marking_refs":["${red}"],` +
    `"granular_markings":[{"marking_ref":"${red}","selectors":["name"]}],"name":"\\u00e9"}`
  const { versions, latest } = await aStoreOf([object])
  expect(versions).toEqual([object])
  expect(latest).toEqual([JSON.parse(object)])
})

it('STX-12: a reference to what never came is no fault', async () => {
  const relation = {
    type: 'relationship',
    id: 'relationship--1',
    ...dates,
    source_ref: 'malware--1',
    target_ref: 'tool--1',
  }
  const { counts, latest } = await aStoreOf([relation])
  expect(counts).toMatchObject([{ new: 1, quarantined: 0 }])
  expect(latest).toEqual([relation])
})
