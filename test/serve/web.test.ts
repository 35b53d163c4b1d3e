import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/cli/process-host.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Account } from '../../src/serve/authentication.ts'
import { openStoreAuthentication } from '../../src/serve/auth/store-authentication.ts'
import { servedId } from '../../src/serve/collection-id.ts'
import { defaultServeSettings } from '../../src/serve/default-settings.ts'
import { openStorePersistence } from '../../src/serve/persistence/open.ts'
import { openStore } from '../../src/store/registry.ts'
import type { Store } from '../../src/store/store.ts'
import { anObject } from '../support/items.ts'
import { aRunningServer, ask, basic, quickHashes, storeItems } from './a-running-server.ts'

const tlp = {
  green: 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da',
  red: 'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed',
  unknown: 'marking-definition--00000000-0000-4000-8000-00000000abcd',
}

const indicatorOf = (address: string, more: Record<string, unknown> = {}) =>
  anObject({
    name: `about ${address}`,
    pattern: `[ipv4-addr:value = '${address}']`,
    pattern_type: 'stix',
    valid_from: '2026-01-01T00:00:00Z',
    ...more,
  })

async function anAccount(store: Store, username: string, more: Partial<Account>): Promise<Record<string, string>> {
  const authentication = openStoreAuthentication({ store, clock: systemClock, hashCost: quickHashes })
  await authentication.createAccount(username, new Secret('correct horse battery'), more)
  return { authorization: basic(username, 'correct horse battery') }
}

describe('the page at /', () => {
  it('shows each collection, when it was last fetched, and where TAXII clients go', async () => {
    const { server, store } = await aRunningServer()
    const key = await storeItems(store, [anObject(), anObject()], { title: 'Daily <feed>' })
    const { status, headers, text } = await ask(`${server.url}/`)
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(text).toContain('Daily &lt;feed&gt;')
    expect(text).toContain(`/default/collections/${servedId(key)}/`)
    expect(text).toMatch(/Last fetch<\/dt>\s*<dd><time datetime="20/)
    for (const url of Object.values(server.discovery)) expect(text).toContain(url)
  })

  it('shows nothing of a store that is not served: where persistences of others are in its place', async () => {
    const other = await openStore('memory:', { clock: systemClock, identity: { pid: 1, host: 'here' } })
    const { taxii1, taxii2 } = openStorePersistence({ store: other, clock: systemClock })
    const settings = { taxii1: { ...defaultServeSettings.taxii1, isEnabled: false } }
    for (const [options, more, isShown] of [
      [{}, { taxii1, taxii2 }, false],
      [{ settings }, { taxii2 }, false],
      [{}, { taxii2 }, true],
    ] as const) {
      const { server, store } = await aRunningServer(options, more)
      await storeItems(store, [indicatorOf('203.0.113.9')], { title: 'Daily feed' })
      const { text } = await ask(`${server.url}/?value=203.0.113.9`)
      expect([text.includes('Daily feed'), text.includes('about 203.0.113.9')]).toEqual([isShown, isShown])
    }
  })

  it('allows its own style and nothing else: no script, nothing from elsewhere', async () => {
    const { server } = await aRunningServer()
    const { headers, text } = await ask(`${server.url}/`)
    const style = /<style>([^]*?)<\/style>/.exec(text)?.[1] ?? ''
    const digest = createHash('sha256').update(style).digest('base64')
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${digest}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
    )
    expect(text).not.toMatch(/<script|\bon\w+=|style="|<img|<link|url\(/i)
  })

  it('shows hostile words of a feed for what they are', async () => {
    const { server, store } = await aRunningServer()
    const hostile = `"><script>alert(1)</script>'&\u202e\u0000</title>`
    await storeItems(store, [indicatorOf('203.0.113.9', { name: hostile, description: hostile, labels: [hostile] })], {
      source: 'acme',
      title: hostile,
    })
    const found = await ask(`${server.url}/?value=203.0.113.9`)
    expect(found.text).toContain('&lt;script&gt;')
    const asked = await ask(`${server.url}/?value=${encodeURIComponent(hostile)}`)
    for (const { status, text } of [found, asked]) {
      expect(status).toBe(200)
      expect(text).not.toMatch(/<script|<\/title>.*<\/title>|\u202e|\u0000/i)
      expect(text.match(/<title>/g)).toHaveLength(1)
    }
  })

  it('says what is known of a value, defanged too, and what is not', async () => {
    const { server, store } = await aRunningServer()
    await storeItems(store, [indicatorOf('203.0.113.9'), indicatorOf('198.51.100.0/24')])
    const search = async (value: string) => (await ask(`${server.url}/?value=${encodeURIComponent(value)}`)).text
    expect(await search('203.0.113[.]9')).toContain('about 203.0.113.9')
    expect(await search('198.51.100.7')).toMatch(/A network it is in[^]*about 198\.51\.100\.0\/24/)
    expect(await search('203.0.113.77')).toContain('Nothing is known of')
    expect(await search('   ')).not.toContain('role="status"')
  })

  it('is for whoever is welcome: a login otherwise, in the browser’s own window', async () => {
    const { server, store } = await aRunningServer()
    const login = await anAccount(store, 'alice', { isAdmin: true })
    const refused = await ask(`${server.url}/`)
    expect(refused.status).toBe(401)
    expect(String(refused.headers['www-authenticate'])).toMatch(/^Basic /)
    expect((await ask(`${server.url}/`, { headers: { authorization: basic('alice', 'wrong') } })).status).toBe(401)
    const { status, text } = await ask(`${server.url}/`, { headers: login })
    expect([status, text.includes('Logged in as alice')]).toEqual([200, true])
  })

  it('shows an account only what it may read, in listings and in searches (S18)', async () => {
    const { server, store } = await aRunningServer()
    const mine = await storeItems(store, [indicatorOf('203.0.113.1')], { collection: 'mine' })
    await storeItems(store, [indicatorOf('203.0.113.2')], { collection: 'theirs' })
    const permissions = { taxii1: {}, taxii2: { [servedId(mine)]: ['read'] } } as const
    const headers = await anAccount(store, 'bob', { permissions })
    const page = await ask(`${server.url}/`, { headers })
    expect(page.text).toContain('acme.mine')
    expect(page.text).not.toContain('theirs')
    const [own, other, none] = await Promise.all(
      ['203.0.113.1', '203.0.113.2', '203.0.113.3'].map((value) => ask(`${server.url}/?value=${value}`, { headers })),
    )
    expect(own?.text).toContain('about 203.0.113.1')
    const plain = (text = '') => text.replaceAll(/203\.0\.113\.\d/g, 'X').replaceAll(/<time[^]*?<\/time>/g, '')
    expect(plain(other?.text)).toBe(plain(none?.text))
  })

  it('shows nothing above the account’s TLP ceiling, nor what is marked in a way nobody knows (S26)', async () => {
    const { server, store } = await aRunningServer()
    await storeItems(store, [
      indicatorOf('203.0.113.1', { object_marking_refs: [tlp.green] }),
      indicatorOf('203.0.113.2', { object_marking_refs: [tlp.red] }),
      indicatorOf('203.0.113.3', { object_marking_refs: [tlp.unknown] }),
      indicatorOf('203.0.113.4'),
    ])
    const all = { taxii1: {}, taxii2: { '*': ['read'] } } as const
    const low = await anAccount(store, 'low', { permissions: all, tlpCeiling: 'amber' })
    const high = await anAccount(store, 'high', { permissions: all })
    const seen = async (headers: Record<string, string>) => {
      const told: boolean[] = []
      for (const last of [1, 2, 3, 4]) {
        const { text } = await ask(`${server.url}/?value=203.0.113.${last}`, { headers })
        told.push(text.includes(`about 203.0.113.${last}`))
      }
      return told
    }
    expect(await seen(low)).toEqual([true, false, false, true])
    expect(await seen(high)).toEqual([true, true, true, true])
  })
})
