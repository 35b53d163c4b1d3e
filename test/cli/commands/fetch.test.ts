import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { StixTaxiiError } from '../../../src/core/errors.ts'
import { aClient, aFeed, anObject, secondsAfter, someEntries } from '../../fetch/scripted-feed.ts'
import type { ScriptedFeed } from '../../fetch/scripted-feed.ts'
import { aTaxiiProfile } from '../../support/a-profile.ts'
import { schemaProblems } from '../../support/json-schema.ts'
import { aWorld } from './a-fetch-world.ts'

interface Answer {
  readonly results: readonly Record<string, unknown>[]
  readonly totals: Record<string, unknown>
}

const parse = (text: string) => JSON.parse(text) as Answer
const since = ['--since', '2026-02-01T00:00:00Z']

function broken(id: string, error: StixTaxiiError): ScriptedFeed {
  const feed = aFeed(id, someEntries(1))
  feed.beforePage = () => {
    throw error
  }
  return feed
}

const down = new StixTaxiiError('HTTP_DOWN', 'no answer', { kind: 'network', hint: 'Try later.' })
const refused = new StixTaxiiError('HTTP_AUTH', 'wrong password', { kind: 'auth' })

describe('fetch', () => {
  it('stores every enabled source, prints one record a collection as the schema says, and 0 new the second time', async () => {
    const world = aWorld({
      acme: aClient([aFeed('c1', someEntries(3)), aFeed('c2', someEntries(2))]),
      beta: aClient([aFeed('c1', someEntries(4))]),
    })
    world.profiles.push(aTaxiiProfile({ name: 'off', enabled: false }))
    const first = await world.run(['fetch', ...since, '-o', 'json'])
    expect(first).toMatchObject({ exitCode: 0 })
    const answer = parse(first.stdout)
    expect(schemaProblems('fetch', answer)).toEqual([])
    expect(answer.results.map((row) => [row.source, row.collection, row.new])).toEqual([
      ['acme', 'c1', 3],
      ['acme', 'c2', 2],
      ['beta', 'c1', 4],
    ])
    expect(answer.totals).toMatchObject({ sources: 2, collections: 3, failed: 0, new: 9 })
    const second = parse((await world.run('fetch -o json')).stdout)
    expect(second.totals).toMatchObject({ new: 0, updated: 0, unchanged: 3 })
    expect(world.open).toBe(0)
  })

  it('names each collection as its server does, beside its identifier', async () => {
    const world = aWorld({ acme: aClient([aFeed('c1', someEntries(3))]) })
    const { stdout } = await world.run(['fetch', ...since, '-o', 'json'])
    expect(parse(stdout).results).toMatchObject([{ collection: 'c1', title: 'Title of c1' }])
    expect((await world.run(['fetch', ...since, '-o', 'csv'])).stdout).toContain('Title of c1')
  })

  it('ends as partial when one of several sources failed, as the first failure when all did, and lists each', async () => {
    const world = aWorld({ bad: aClient([broken('c1', down)]), good: aClient([aFeed('c1', someEntries(1))]) })
    const some = await world.run('fetch -o json')
    expect(some.exitCode).toBe(12)
    expect(parse(some.stdout).results).toMatchObject([
      { source: 'bad', status: 'failed', error: { code: 'HTTP_DOWN', kind: 'network', hint: 'Try later.' } },
      { source: 'good', status: 'ok', error: null },
    ])
    expect(some.stderr).toContain('"code":"FETCH_PARTIAL"')
    const all = aWorld({ a: aClient([broken('c1', refused)]), b: aClient([broken('c1', down)]) })
    expect(await all.run('fetch')).toMatchObject({ exitCode: 4 })
  })

  it.each([
    [['fetch', '--since', 'yesterday'], 2, 'CORE_WINDOW_UNREADABLE'],
    [['fetch', '--full', '--limit', '3'], 2, 'FETCH_FULL_WINDOW'],
    [['fetch', '--match', 'type'], 2, 'CLI_MATCH_INVALID'],
    [['fetch', '--match', 'tipe=indicator'], 2, 'CLI_MATCH_INVALID'],
    [['fetch', '--since', '2026-11-20'], 2, '2026-11-20T00:00:00Z'],
    [['fetch', '--limit', '0'], 2, ''],
    [['fetch', 'nobody'], 5, 'PROFILE_UNKNOWN'],
    [['fetch', 'acme', '--profile', 'acme'], 2, 'CLI_PROFILE_TWICE'],
    [['fetch', '--collection', 'c9'], 5, 'FETCH_COLLECTION_UNKNOWN'],
  ])('answers %j with %i', async (argv, exitCode, code) => {
    const world = aWorld({ acme: aClient([aFeed('c1', someEntries(1))]) })
    const result = await world.run([...argv, '-o', 'json'])
    expect(result.exitCode).toBe(exitCode)
    expect(result.stderr).toContain(code)
    expect(world.open).toBe(0)
  })

  it('says how to begin when there is no source', async () => {
    expect(await aWorld({}).run('fetch')).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringContaining('stixtaxii configure') as string,
    })
  })

  it('takes STIXTAXII_PROFILE for names that are left out, and names before it', async () => {
    const world = aWorld({ acme: aClient([aFeed('c1')]), beta: aClient([aFeed('c1')]) })
    const env = { STIXTAXII_PROFILE: 'beta' }
    expect(parse((await world.run('fetch -o json', { env })).stdout).results).toMatchObject([{ source: 'beta' }])
    expect(parse((await world.run('fetch acme -o json', { env })).stdout).results).toMatchObject([{ source: 'acme' }])
  })

  it('L6 ends with 130 after SIGINT and keeps what was stored', async () => {
    const feed = aFeed('c1', someEntries(6))
    const world = aWorld({ acme: aClient([feed]) })
    let stop = (_signal: 'SIGINT'): void => undefined
    feed.beforePage = (index) => {
      if (index !== 2) return
      setTimeout(() => stop('SIGINT'), 250)
      return new Promise(() => undefined)
    }
    const result = await world.run(['fetch', ...since, '-o', 'json'], { onStart: (send) => (stop = send) })
    expect(result.exitCode).toBe(130)
    expect(parse(result.stdout).results).toMatchObject([{ status: 'cancelled', new: 4, to: secondsAfter(3) }])
    feed.beforePage = () => undefined
    expect(parse((await world.run('fetch -o json')).stdout).totals).toMatchObject({ new: 2 })
  })

  it('L6 says once that it was stopped, whatever was under way, what is kept and how to go on', async () => {
    const feeds = ['c1', 'c2'].map((id) => aFeed(id, someEntries(6)))
    let stop = (_signal: 'SIGINT'): void => undefined
    for (const feed of feeds) feed.beforePage = () => new Promise(() => void setTimeout(() => stop('SIGINT'), 50))
    const world = aWorld({ acme: aClient(feeds) })
    const result = await world.run(['fetch', ...since], { onStart: (send) => (stop = send) })
    expect(result.exitCode).toBe(130)
    expect(result.stderr.match(/Stopped before the end/g)).toHaveLength(1)
    expect(result.stderr).toContain('What was stored is kept. The same command brings the rest.')
  })
})

describe('fetch --emit', () => {
  const lines = (text: string) => text.split('\n').filter(Boolean)

  it('- writes new and changed objects to standard output, byte for byte, and the result to standard error', async () => {
    const feed = aFeed('c1', [
      { raw: anObject(1, undefined, { big: 1 }), added: secondsAfter(1) },
      ...someEntries(2, 2),
    ])
    const exact = Buffer.from(anObject(9).toString().replace('}', ',"x_big":9007199254740993}'))
    feed.entries.push({ raw: exact, added: secondsAfter(9) })
    const world = aWorld({ acme: aClient([feed]) })
    const first = await world.run(['fetch', ...since, '--emit', '-', '-o', 'json'])
    expect(lines(first.stdout)).toEqual(feed.entries.map(({ raw }) => raw.toString()))
    expect(parse(first.stderr).totals).toMatchObject({ new: 4 })
    feed.entries.push({ raw: anObject(9, '2026-02-25T00:00:00Z'), added: secondsAfter(10) })
    const second = await world.run('fetch --emit -')
    expect(lines(second.stdout)).toEqual([anObject(9, '2026-02-25T00:00:00Z').toString()])
  })

  it('FILE puts the file in its place when the fetch has ended, also when one source failed', async () => {
    const world = aWorld({ acme: aClient([aFeed('c1', someEntries(3))]), bad: aClient([broken('c1', down)]) })
    const result = await world.run(['fetch', ...since, '--emit', 'out.ndjson'])
    expect(result.exitCode).toBe(12)
    expect(lines(await readFile(path.join(world.folder, 'out.ndjson'), 'utf8'))).toHaveLength(3)
    expect((await readdir(world.folder)).filter((name) => name.includes('.part'))).toEqual([])
  })

  it('FILE in a folder that is not there fails as local before anything is fetched', async () => {
    const feed = aFeed('c1', someEntries(3))
    const result = await aWorld({ acme: aClient([feed]) }).run('fetch --emit nowhere/out.ndjson')
    expect(result).toMatchObject({ exitCode: 11, stderr: expect.stringContaining('OUTPUT_FILE_FAILED') as string })
    expect(feed.polls).toHaveLength(0)
  })

  it('L5 goes on storing when the reader of the pipe has gone, and ends with 0', async () => {
    const feed = aFeed('c1', someEntries(9))
    const world = aWorld({ acme: aClient([feed]) })
    const gone = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' })),
    })
    const result = await world.run(['fetch', ...since, '--emit', '-', '-o', 'json'], { stdout: gone })
    expect(result.exitCode).toBe(0)
    expect(parse(result.stderr).totals).toMatchObject({ new: 9 })
  })

  it('L5 ends as the failure it is, with the file in its place, also when the reader of the result has gone', async () => {
    const long = new StixTaxiiError('HTTP_DOWN', 'no answer', { kind: 'network', hint: 'x'.repeat(100_000) })
    const world = aWorld({ acme: aClient([aFeed('c1', someEntries(3))]), bad: aClient([broken('c1', long)]) })
    const gone = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' })),
    })
    const result = await world.run(['fetch', ...since, '--emit', 'out.ndjson', '-o', 'json'], { stdout: gone })
    expect(result.exitCode).toBe(12)
    expect(lines(await readFile(path.join(world.folder, 'out.ndjson'), 'utf8'))).toHaveLength(3)
  })

  it('L4 ends as local when standard output is on a full disk', async () => {
    const world = aWorld({ acme: aClient([aFeed('c1', someEntries(9))]) })
    const full = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC', syscall: 'write' })),
    })
    const result = await world.run(['fetch', ...since, '--emit', '-', '-o', 'json'], { stdout: full })
    expect(result.exitCode).toBe(11)
  })
})
