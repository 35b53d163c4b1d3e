import { hostname } from 'node:os'
import { loadLibsql } from '../../../src/store/sqlite/bindings/libsql.ts'
import { loadNodeSqlite } from '../../../src/store/sqlite/bindings/node-sqlite.ts'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import type { CollectionKey } from '../../../src/store/store.ts'
import { anObject } from '../../support/items.ts'
import { loadSaid } from '../../support/said.ts'

/**
 * A process with a store, for the tests that need several of them or kill them:
 *
 * - `commit FILE BINDING COLLECTION FROM TO`: pages of 50 objects with the numbers FROM to TO, each page with a checkpoint
 *   that names the next number; a line for each page that was committed.
 * - `reindex FILE BINDING`: makes the index anew; a line for each step.
 * - `post FILE BINDING FROM TO`: jobs with the numbers FROM to TO, each of 20 objects and a record that counts them, in one
 *   transaction; a line for each.
 * - `count FILE BINDING NAME TIMES`: adds one to the record of that name as often, over and over when someone else was first.
 * - `lock FILE BINDING TIMEOUT`: takes the lock of the source `p-1`, says `locked` or the error's code, and holds it until
 *   standard input ends.
 */
const [verb, file, bindingName, ...rest] = process.argv.slice(2) as [string, string, string, ...string[]]
const clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
}
const say = (line: string) => void process.stdout.write(`${line}\n`)
const binding = bindingName === 'libsql' ? await loadLibsql() : await loadNodeSqlite()
const identity = { pid: process.pid, host: hostname() }
const loadReader = loadSaid
const store = await openSqliteStore(file, { clock, identity, binding, loadReader })
const source = { id: 'p-1', name: 'acme' }

/** The object with this number, the same in every process. */
const numbered = (collection: string, number: number) => {
  const id = `indicator--00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`
  const values = [{ kind: 'asn', value: String(number), sound: true }]
  const statement = {
    id,
    role: 'indicator',
    values,
    labels: [],
    killChainPhases: [],
    revoked: false,
    markingRefs: [],
    unused: [],
  }
  const filler = String(number).repeat(100)
  return anObject({ id, name: `${collection} ${number}`, filler, x_said: { statements: [statement] } })
}

if (verb === 'commit') {
  const [collection, from, to] = [rest[0] as string, Number(rest[1]), Number(rest[2])]
  const key: CollectionKey = { source: source.id, root: 'https://taxii.example/root/', collection }
  const startedAt = new Date().toISOString()
  const runId = await store.beginRun({ source, key, version: '2.1', startedAt })
  for (let at = from; at < to; at += 50) {
    const items = Array.from({ length: Math.min(50, to - at) }, (_, n) => numbered(collection, at + n))
    const page = { url: 'https://taxii.example/', digest: 'ab'.repeat(32), receivedAt: startedAt }
    const checkpoint = () => ({ stamp: String(at + items.length), run: null })
    const counts = await store.commit({ key, runId, parts: [{ page, items, damaged: [] }], checkpoint })
    say(`${counts.new} ${counts.unchanged}`)
  }
  await store.finishRun(runId, { finishedAt: new Date().toISOString(), status: 'ok' })
  await store[Symbol.asyncDispose]()
} else if (verb === 'post') {
  const key: CollectionKey = { source: source.id, root: 'https://taxii.example/root/', collection: 'c1' }
  const startedAt = new Date().toISOString()
  for (let job = Number(rest[0]); job < Number(rest[1]); job++) {
    const runId = await store.beginRun({ source, key, version: '2.1', startedAt })
    await store.records.write([{ kind: 'job', id: String(job), body: { status: 'pending' }, revision: 0 }])
    const items = Array.from({ length: 20 }, (_, n) => numbered('c1', job * 20 + n))
    const page = { url: 'https://taxii.example/', digest: 'ab'.repeat(32), receivedAt: startedAt }
    let stored = 0
    await store.commit({
      key,
      runId,
      parts: [{ page, items, damaged: [] }],
      checkpoint: () => undefined,
      onSettled: () => stored++,
      records: () => [{ kind: 'job', id: String(job), body: { status: 'complete', stored }, revision: 1 }],
    })
    say(String(job))
  }
  await store[Symbol.asyncDispose]()
} else if (verb === 'count') {
  const [name, times] = [rest[0] as string, Number(rest[1])]
  for (let done = 0; done < times;) {
    const { body = 0, revision = 0 } = (await store.records.get('counter', name)) ?? {}
    const isMine = await store.records.write([{ kind: 'counter', id: name, body: (body as number) + 1, revision }])
    if (isMine) done++
  }
  await store[Symbol.asyncDispose]()
} else if (verb === 'reindex') {
  await store.reindex({ onProgress: ({ done }) => say(String(done)) })
  await store[Symbol.asyncDispose]()
} else {
  try {
    await store.lockSource(source, { timeoutMs: Number(rest[0]) })
    say(`locked ${Date.now()}`)
  } catch (error) {
    const { code, context } = error as { code: string; context: { pid: number } }
    say(`${code} ${context.pid}`)
  }
  process.stdin.resume()
  process.stdin.on('end', () => process.exit(0))
}
