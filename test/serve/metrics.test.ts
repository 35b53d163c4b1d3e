import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/cli/process-host.ts'
import { Secret } from '../../src/core/secret.ts'
import { openStoreAuthentication } from '../../src/serve/auth/store-authentication.ts'
import { metricsText, metric } from '../../src/serve/metrics.ts'
import { openStorePersistence } from '../../src/serve/persistence/open.ts'
import type { OnSignal } from '../../src/serve/signals.ts'
import { anObject } from '../support/items.ts'
import { aRunningServer, ask, basic, quickHashes, storeItems } from './a-running-server.ts'

interface Parsed {
  readonly type: string
  readonly samples: { readonly name: string; readonly labels: Record<string, string>; readonly value: number }[]
}

/** A reader of the text format, as strict as the format is. @see Prometheus, Exposition formats */
function parse(text: string): Map<string, Parsed> {
  expect(text.endsWith('\n')).toBe(true)
  const families = new Map<string, Parsed>()
  let current = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-zA-Z_:][\w:]*) (?:[^\\\n]|\\[\\n])+$/.exec(line)
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram)$/.exec(line)
    if (help) expect(families.has(help[1] ?? '')).toBe(false)
    else if (type) families.set((current = type[1] ?? ''), { type: type[2] ?? '', samples: [] })
    else {
      const label = '[a-zA-Z_]\\w*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"'
      const sample = new RegExp(`^([a-zA-Z_:][\\w:]*)(?:\\{(${label}(?:,${label})*)\\})? (\\S+)$`).exec(line)
      if (!sample) throw new Error(`no sample: ${line}`)
      const [, name = '', labels = '', value] = sample
      expect(name.replace(/_(bucket|sum|count)$/, '')).toMatch(new RegExp(`^${current.replace(/_(sum|count)$/, '')}`))
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text])
      families.get(current)?.samples.push({ name, labels: Object.fromEntries(pairs), value: Number(value) })
    }
  }
  return families
}

describe('metrics', () => {
  it('count requests, bytes and objects by what answered, and say how the store is', async () => {
    const { server, store } = await aRunningServer()
    await storeItems(store, [anObject(), anObject()], { source: 'ac"me\\' })
    const headers = { accept: 'application/taxii+json;version=2.1' }
    await ask(`${server.url}/taxii2/`, { headers })
    await ask(`${server.url}/taxii2/`, { headers })
    await ask(`${server.url}/nowhere/x/`, { headers })
    await ask(`${server.url}/taxii2/`, { headers: { ...headers, authorization: 'Basic bm9ib2R5Onh4' } })
    await ask(`${server.url}/`)
    await ask(`${server.url}/taxii2/`, { method: 'PROPFIND' })
    const { status, headers: got, text } = await ask(`${server.url}/metrics`)
    expect([status, got['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    const families = parse(text)
    const of = (name: string, labels: Record<string, string> = {}) =>
      families
        .get(`stixtaxii_${name}`)
        ?.samples.find((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))?.value
    expect(of('http_requests_total', { family: 'taxii2', method: 'GET', status: '200' })).toBe(2)
    expect(of('http_requests_total', { family: 'taxii2', method: 'GET', status: '401' })).toBe(1)
    expect(of('http_requests_total', { family: 'web', status: '200' })).toBe(1)
    expect(of('http_requests_total', { method: 'other' })).toBe(1)
    expect(of('http_request_duration_seconds', { family: 'taxii2', le: '+Inf' })).toBe(5)
    expect(of('logins_refused_total', { reason: 'wrong' })).toBe(1)
    expect(of('http_response_bytes_total', { family: 'web' })).toBeGreaterThan(1000)
    expect(of('connections')).toBeGreaterThanOrEqual(1)
    expect(of('store_versions', { source: 'ac\\"me\\\\' })).toBe(2)
    expect(of('last_fetch_age_seconds')).toBeLessThan(60)
    const buckets = families
      .get('stixtaxii_http_request_duration_seconds')
      ?.samples.filter(({ name, labels }) => name.endsWith('_bucket') && labels['family'] === 'taxii2')
    const counts = buckets?.map(({ value }) => value) ?? []
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
  })

  it('count what listeners of signals were told, failed at and wait for (E7)', async () => {
    const hook = (on: OnSignal): void => {
      on('OBJECTS_ADDED', () => undefined)
      on('OBJECTS_ADDED', () => Promise.reject(new Error('no')))
      on('JOB_FINISHED', () => new Promise(() => undefined))
    }
    const { server, store } = await aRunningServer({}, { hooks: [hook] })
    const authentication = openStoreAuthentication({ store, clock: systemClock, hashCost: quickHashes })
    await authentication.createAccount('root', new Secret('correct horse battery'), { isAdmin: true })
    const collection = { apiRootId: 'default', title: 'W', isPublic: false, isPublicWrite: false, isWritable: true }
    await using persistence = openStorePersistence({ store, clock: systemClock }).taxii2
    const { id } = await persistence.createCollection(collection)
    const type = 'application/taxii+json;version=2.1'
    const headers = {
      authorization: basic('root', 'correct horse battery'),
      accept: type,
      'content-type': type,
    }
    const body = `{"objects":[${String(anObject().raw)}]}`
    const url = `${server.url}/default/collections/${id}/objects/`
    expect((await ask(url, { method: 'POST', headers, body })).status).toBe(202)
    await expect
      .poll(async () => (await ask(`${server.url}/metrics`, { headers })).text.match(/^stixtaxii_signals.*$/gm))
      .toEqual([
        'stixtaxii_signals_total{outcome="told"} 1',
        'stixtaxii_signals_total{outcome="failed"} 1',
        'stixtaxii_signals_total{outcome="dropped"} 0',
        'stixtaxii_signals_waiting 1',
      ])
  })

  it('are for this machine and for administrators, unless they are made public', async () => {
    const behind = { behindTls: true, trustedProxies: ['127.0.0.1'] }
    const from = { headers: { 'x-forwarded-for': '203.0.113.9' } }
    const { server } = await aRunningServer(behind)
    expect((await ask(`http://127.0.0.1:${server.port}/metrics`, from)).status).toBe(401)
    const { server: open } = await aRunningServer({ ...behind, metricsArePublic: true })
    expect((await ask(`http://127.0.0.1:${open.port}/metrics`, from)).status).toBe(200)
  })

  it('are still there when the store is not', async () => {
    const { server, store } = await aRunningServer()
    store.collections = () => Promise.reject(new Error('gone'))
    store.records.list = () => Promise.reject(new Error('gone'))
    store.records.get = () => Promise.reject(new Error('gone'))
    const { status, text } = await ask(`${server.url}/metrics`)
    expect([status, parse(text).has('stixtaxii_connections')]).toEqual([200, true])
  })

  it('escape what is in a label, line feeds too', () => {
    const text = metricsText([metric('x', 'gauge', 'A\nB', [{ labels: { name: 'a"b\\c\nd\ud800' }, value: Infinity }])])
    expect(text).toBe('# HELP stixtaxii_x A\\nB\n# TYPE stixtaxii_x gauge\nstixtaxii_x{name="a\\"b\\\\c\\nd�"} +Inf\n')
    expect(parse(text).get('stixtaxii_x')?.samples).toHaveLength(1)
  })
})
