import assert from 'node:assert/strict'
import type { ObjectFilter, Taxii2Collection, Taxii2Persistence } from '../taxii2-persistence.ts'
import { checksOf, exactTime, refuses, rises, type ContractCheck } from './check.ts'
import { taxii2ManagingPromises } from './taxii2-managing.ts'
import { aCollection, aFilled, anId, anIndicator, aRoot, indicators } from './taxii2-samples.ts'

/**
 * What a TAXII 2 persistence promises. `open` gives one without content of its own each time; it is closed after each check.
 */
export function taxii2PersistenceChecks(open: () => Promise<Taxii2Persistence>): readonly ContractCheck[] {
  return checksOf(open, { ...taxii2ManagingPromises, ...writing, ...reading, ...paging, ...removing })
}

type Promises = Readonly<Record<string, (persistence: Taxii2Persistence) => Promise<void>>>

const first = '2026-01-01T00:00:00.000Z'
const second = '2026-02-01T00:00:00.000Z'
const third = '2026-03-01T00:00:00.000Z'
const unknownId = anId('indicator', 0xffff)

const writing: Promises = {
  async 'addObjects: the job is complete, and has an outcome for each object in their order'(persistence) {
    const collection = await aCollection(persistence)
    const job = await persistence.addObjects(collection.apiRootId, collection, indicators(3))
    assert.equal(job.status, 'complete')
    assert.match(job.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.match(job.requestedAt, exactTime)
    assert.match(job.completedAt ?? '', exactTime)
    assert.deepEqual(
      job.details.map(({ stixId, status }) => [stixId, status]),
      [1, 2, 3].map((number) => [anId('indicator', number), 'success']),
    )
  },
  async 'getJob: the job can be asked for, in its own API root only'(persistence) {
    const collection = await aCollection(persistence)
    const job = await persistence.addObjects(collection.apiRootId, collection, indicators(1))
    assert.deepEqual(await persistence.getJob(collection.apiRootId, job.id), job)
    assert.equal(await persistence.getJob('another', job.id), undefined)
    assert.equal(await persistence.getJob(collection.apiRootId, '00000000-0000-4000-8000-000000000000'), undefined)
  },
  async 'addObjects: the same again succeeds and stores nothing twice, within a POST too'(persistence) {
    const collection = await aCollection(persistence)
    for (let times = 0; times < 2; times++) {
      const job = await persistence.addObjects(collection.apiRootId, collection, [...indicators(2), ...indicators(2)])
      assert.deepEqual(
        job.details.map(({ status }) => status),
        ['success', 'success', 'success', 'success'],
      )
    }
    assert.equal((await persistence.getObjects(collection, { limit: 10 })).entries.length, 2)
  },
  async 'addObjects: the same id and version with other content fails with a message, and the first stays'(
    persistence,
  ) {
    const original = anIndicator(1, { name: 'first' })
    const collection = await aFilled(persistence, [original])
    const { details } = await persistence.addObjects(collection.apiRootId, collection, [
      anIndicator(1, { name: 'other' }),
      anIndicator(2),
    ])
    assert.deepEqual(
      details.map(({ status }) => status),
      ['failure', 'success'],
    )
    assert.ok(details[0]?.message)
    assert.deepEqual((await persistence.getObjects(collection, { limit: 10 })).entries[0]?.raw, original)
  },
  async 'addObjects: what is no object fails with a message, and the others are stored'(persistence) {
    const collection = await aCollection(persistence)
    const broken = [Buffer.from('{"type":"indicator"}'), Buffer.from('7'), Buffer.from('{"type":')]
    const { details } = await persistence.addObjects(collection.apiRootId, collection, [...broken, anIndicator(1)])
    assert.deepEqual(
      details.map(({ status }) => status),
      ['failure', 'failure', 'failure', 'success'],
    )
    assert.ok(details.slice(0, 3).every(({ message }) => message))
    assert.equal((await persistence.getObjects(collection, { limit: 10 })).entries.length, 1)
  },
  async 'addObjects: objects without dates or spec_version are stored'(persistence) {
    const bare = Buffer.from(`{"type":"ipv4-addr","id":"${anId('ipv4-addr', 1)}","value":"192.0.2.1"}`)
    const collection = await aFilled(persistence, [bare])
    const { entries } = await persistence.getObjects(collection, { limit: 10 })
    assert.deepEqual(
      entries.map(({ raw, specVersion }) => [raw.toString(), specVersion]),
      [[bare.toString(), '2.1']],
    )
  },
  async 'addObjects: a collection that is read-only takes nothing'(persistence) {
    const collection = await aCollection(persistence, { isWritable: false })
    await refuses('SERVE_COLLECTION_READ_ONLY', () =>
      persistence.addObjects(collection.apiRootId, collection, indicators(1)),
    )
    assert.equal((await persistence.getObjects(collection, { limit: 10 })).entries.length, 0)
  },
  async 'getObjects: the bytes are those that came, but for white space between values'(persistence) {
    const exact = `{"type":"indicator","id":"${anId('indicator', 1)}","created":"${first}","modified":"${first}","x_big":9007199254740993,"x_text":"a  b \\u00e9 \\"q\\"","x_number":1.0}`
    const spaced = exact.replace('{', '{ ').replaceAll('","', '",\n\t"')
    const collection = await aFilled(persistence, [Buffer.from(spaced)])
    const { entries } = await persistence.getObjects(collection, { limit: 1 })
    assert.equal(entries[0]?.raw.toString(), exact)
  },
}

const reading: Promises = {
  async 'getObjects: only the last version of each, unless others are asked for'(persistence) {
    const versions = [first, second, third].map((modified) => anIndicator(1, { modified }))
    const collection = await aFilled(persistence, [...versions, anIndicator(2)])
    const given = async (wanted: readonly string[] | undefined): Promise<string[]> => {
      const { entries } = await persistence.getObjects(collection, { limit: 10, versions: wanted })
      return entries.filter(({ id }) => id === anId('indicator', 1)).map(({ version }) => version)
    }
    assert.deepEqual(await given(undefined), [third])
    assert.deepEqual(await given(['last']), [third])
    assert.deepEqual(await given(['first']), [first])
    assert.deepEqual(await given(['first', 'last']), [first, third])
    assert.deepEqual(await given(['all']), [first, second, third])
    assert.deepEqual(await given([second]), [second])
    assert.deepEqual(await given(['2026-02-01T00:00:00Z', 'last']), [second, third])
  },
  async 'getObjects: an older version that comes later is not the last one'(persistence) {
    const collection = await aFilled(persistence, [anIndicator(1, { modified: second })])
    await persistence.addObjects(collection.apiRootId, collection, [anIndicator(1)])
    const { entries } = await persistence.getObjects(collection, { limit: 10 })
    assert.deepEqual(
      entries.map(({ version }) => version),
      [second],
    )
  },
  async 'getObjects, getManifest: ids, types and specification versions narrow; several are alternatives'(persistence) {
    const bare = Buffer.from(`{"type":"ipv4-addr","id":"${anId('ipv4-addr', 1)}","value":"192.0.2.1"}`)
    const old = JSON.stringify({ type: 'tool', id: anId('tool', 1), created: first, modified: first, name: 'a' })
    const collection = await aFilled(persistence, [...indicators(2), bare, Buffer.from(old)])
    const given = async (filter: Partial<ObjectFilter>): Promise<string[]> => {
      const asked = { limit: 10, ...filter }
      const objects = (await persistence.getObjects(collection, asked)).entries.map(({ id }) => id)
      const listed = (await persistence.getManifest(collection, asked)).entries.map(({ id }) => id)
      assert.deepEqual(listed, objects)
      return objects.map((id) => id.replace(/--.*0(?=.$)/, ' '))
    }
    assert.deepEqual(await given({}), ['indicator 1', 'indicator 2', 'ipv4-addr 1', 'tool 1'])
    assert.deepEqual(await given({ ids: [anId('indicator', 2), anId('tool', 1)] }), ['indicator 2', 'tool 1'])
    assert.deepEqual(await given({ types: ['ipv4-addr', 'tool'] }), ['ipv4-addr 1', 'tool 1'])
    assert.deepEqual(await given({ types: ['indicator'], ids: [anId('tool', 1)] }), [])
    assert.deepEqual(await given({ specVersions: ['2.0'] }), ['tool 1'])
    assert.deepEqual(await given({ types: ["' OR 1=1 --", '%'] }), [])
  },
  async 'getManifest: one record a version, with the dates and versions of getObjects'(persistence) {
    const collection = await aFilled(persistence, [anIndicator(1), anIndicator(1, { modified: second })])
    const asked = { limit: 10, versions: ['all'] }
    const objects = (await persistence.getObjects(collection, asked)).entries
    assert.deepEqual(
      (await persistence.getManifest(collection, asked)).entries,
      objects.map(({ id, version, specVersion, dateAdded }) => ({ id, version, specVersion, dateAdded })),
    )
  },
  async 'getObject: undefined when the id is unknown, empty when everything is filtered away'(persistence) {
    const collection = await aFilled(persistence, indicators(2))
    const id = anId('indicator', 1)
    assert.deepEqual(
      (await persistence.getObject(collection, id, { limit: 10 }))?.entries.map((entry) => entry.id),
      [id],
    )
    assert.equal(await persistence.getObject(collection, unknownId, { limit: 10 }), undefined)
    const filtered = await persistence.getObject(collection, id, { limit: 10, versions: [third] })
    assert.deepEqual(filtered, { entries: [], more: false })
  },
  async 'getVersions: every version unless some are asked for, oldest added first'(persistence) {
    const collection = await aFilled(persistence, [
      ...[first, second].map((modified) => anIndicator(1, { modified })),
      anIndicator(2),
    ])
    const page = await persistence.getVersions(collection, anId('indicator', 1), { limit: 10 })
    assert.deepEqual(
      page?.entries.map(({ version }) => version),
      [first, second],
    )
    rises(page?.entries.map(({ dateAdded }) => dateAdded) ?? [])
    assert.equal(await persistence.getVersions(collection, unknownId, { limit: 10 }), undefined)
  },
}

const paging: Promises = {
  async 'nextParam: text that is safe in a URL and comes back as it was'(persistence) {
    const key = { dateAdded: '2026-01-01T00:00:00.123456Z', id: anId('x-ä "1"', 1), version: third }
    const text = persistence.nextParam(key)
    assert.match(text, /^[A-Za-z0-9_.~-]+$/)
    assert.deepEqual(persistence.parseNextParam(text), key)
  },
  async 'parseNextParam: what it did not make is refused'(persistence) {
    const made = persistence.nextParam({ dateAdded: first, id: 'a--1', version: first })
    for (const forged of ['', 'x', made.slice(1), `${made}A`, `${made}=`, "' OR 1=1", '2026-01-01T00:00:00Z', '[]'])
      await refuses('SERVE_NEXT_FORGED', () => persistence.parseNextParam(forged))
  },
  async '250 objects of one POST come in pages of 100, 100 and 50 without gap or repeat'(persistence) {
    const collection = await aFilled(persistence, indicators(250))
    const expected = Array.from({ length: 250 }, (_, index) => anId('indicator', index + 1))
    for (const by of ['next', 'date'] as const) {
      const pages = await walk(persistence, collection, by)
      assert.deepEqual(
        pages.map(({ length }) => length),
        [100, 100, 50],
      )
      assert.deepEqual(
        pages.flat().map(({ id }) => id),
        expected,
      )
      rises(pages.flat().map(({ dateAdded }) => dateAdded))
    }
  },
  async 'getManifest and getVersions go on where they were'(persistence) {
    const versions = Array.from({ length: 5 }, (_, index) =>
      anIndicator(1, { modified: `2026-01-0${index + 1}T00:00:00Z` }),
    )
    const collection = await aFilled(persistence, versions)
    const asked = { limit: 3, versions: ['all'] }
    const manifest = await persistence.getManifest(collection, asked)
    assert.deepEqual([manifest.entries.length, manifest.more], [3, true])
    const rest = await persistence.getManifest(collection, { ...asked, next: manifest.next })
    assert.deepEqual([rest.entries.length, rest.more, rest.next], [2, false, undefined])
    const page = await persistence.getVersions(collection, anId('indicator', 1), { limit: 3 })
    const after = await persistence.getVersions(collection, anId('indicator', 1), { limit: 3, next: page?.next })
    assert.equal(new Set([...(page?.entries ?? []), ...(after?.entries ?? [])].map(({ version }) => version)).size, 5)
  },
  async 'objects added between two pages come at the end'(persistence) {
    const collection = await aFilled(persistence, indicators(4))
    const page = await persistence.getObjects(collection, { limit: 2 })
    await persistence.addObjects(collection.apiRootId, collection, indicators(2, 5))
    const rest = await persistence.getObjects(collection, { limit: 10, next: page.next })
    assert.deepEqual(
      rest.entries.map(({ id }) => id),
      [3, 4, 5, 6].map((number) => anId('indicator', number)),
    )
  },
  async 'objects removed between two pages leave an empty page, not a fault'(persistence) {
    const collection = await aFilled(persistence, indicators(2))
    const page = await persistence.getObjects(collection, { limit: 1 })
    for (const number of [1, 2]) await persistence.deleteObject(collection, anId('indicator', number), {})
    assert.deepEqual(await persistence.getObjects(collection, { limit: 1, next: page.next }), {
      entries: [],
      more: false,
    })
  },
  async 'addedAfter is exclusive'(persistence) {
    const collection = await aFilled(persistence, indicators(3))
    const { entries } = await persistence.getObjects(collection, { limit: 10 })
    const after = await persistence.getObjects(collection, { limit: 10, addedAfter: entries[1]?.dateAdded })
    assert.deepEqual(
      after.entries.map(({ id }) => id),
      [anId('indicator', 3)],
    )
  },
}

const removing: Promises = {
  async 'deleteObject: without versions all of them go, everywhere'(persistence) {
    const collection = await aFilled(persistence, [
      anIndicator(1),
      anIndicator(1, { modified: second }),
      anIndicator(2),
    ])
    assert.equal(await persistence.deleteObject(collection, anId('indicator', 1), {}), 2)
    const left = await persistence.getManifest(collection, { limit: 10, versions: ['all'] })
    assert.deepEqual(
      left.entries.map(({ id }) => id),
      [anId('indicator', 2)],
    )
    assert.equal(await persistence.getVersions(collection, anId('indicator', 1), { limit: 10 }), undefined)
  },
  async 'deleteObject: only the versions that are named'(persistence) {
    const versions = [first, second, third].map((modified) => anIndicator(1, { modified }))
    const collection = await aFilled(persistence, versions)
    const id = anId('indicator', 1)
    assert.equal(await persistence.deleteObject(collection, id, { versions: [second] }), 1)
    assert.equal(await persistence.deleteObject(collection, id, { versions: ['last'] }), 1)
    const left = await persistence.getVersions(collection, id, { limit: 10 })
    assert.deepEqual(
      left?.entries.map(({ version }) => version),
      [first],
    )
  },
  async 'deleteObject: says when nothing was there'(persistence) {
    const collection = await aFilled(persistence, indicators(1))
    assert.equal(await persistence.deleteObject(collection, unknownId, {}), 0)
    assert.equal(await persistence.deleteObject(collection, anId('indicator', 1), { versions: [third] }), 0)
    assert.equal((await persistence.getObjects(collection, { limit: 10 })).entries.length, 1)
  },
  async 'what is added after a removal gets a later date than anything before'(persistence) {
    const collection = await aFilled(persistence, indicators(2))
    const { entries } = await persistence.getObjects(collection, { limit: 10 })
    await persistence.deleteObject(collection, anId('indicator', 2), {})
    await persistence.addObjects(collection.apiRootId, collection, indicators(1, 3))
    const after = await persistence.getObjects(collection, { limit: 10, addedAfter: entries[1]?.dateAdded })
    assert.deepEqual(
      after.entries.map(({ id }) => id),
      [anId('indicator', 3)],
    )
  },
  async 'collections keep apart what is the same'(persistence) {
    const root = await aRoot(persistence)
    const [one, other] = [
      await aCollection(persistence, { apiRootId: root.id }),
      await aCollection(persistence, { apiRootId: root.id, title: 'Another' }),
    ]
    for (const collection of [one, other]) await persistence.addObjects(root.id, collection, indicators(1))
    await persistence.deleteObject(one, anId('indicator', 1), {})
    assert.equal((await persistence.getObjects(other, { limit: 10 })).entries.length, 1)
  },
}

async function walk(persistence: Taxii2Persistence, collection: Taxii2Collection, by: 'next' | 'date') {
  const pages = [await persistence.getObjects(collection, { limit: 100 })]
  for (let page = pages[0]; page?.more; page = pages.at(-1)) {
    const on = by === 'next' ? { next: page.next } : { addedAfter: page.entries.at(-1)?.dateAdded }
    pages.push(await persistence.getObjects(collection, { limit: 100, ...on }))
    assert.ok(pages.length < 10, 'the pages have no end')
  }
  return pages.map(({ entries }) => entries)
}
