import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/cli/process-host.ts'
import { Secret } from '../../src/core/secret.ts'
import { openStoreAuthentication } from '../../src/serve/auth/store-authentication.ts'
import { openMemoryStore } from '../../src/store/memory/driver.ts'
import { startServer, type RunningServer } from '../../src/workflow/open-server.ts'
import { storeItems } from '../serve/a-running-server.ts'
import { anObject } from '../support/items.ts'
import { driver, startBrowser, type Browser } from './a-browser.ts'

const hostile = `"><script>window.stolen=1</script><img src=x onerror="window.stolen=1">'</title></style>`
const indicator = anObject({
  name: hostile,
  description: hostile.repeat(20),
  labels: [hostile, `javascript:alert(1)`],
  pattern: "[ipv4-addr:value = '203.0.113.9']",
  pattern_type: 'stix',
  valid_from: '2026-01-01T00:00:00Z',
})

describe.skipIf(driver === undefined)('the page for people, in a real browser', () => {
  const store = openMemoryStore({ clock: systemClock, identity: { pid: 1, host: 'here' } })
  let browser: Browser
  let server: RunningServer

  beforeAll(async () => {
    await storeItems(store, [indicator], { title: hostile })
    await storeItems(store, [anObject()], { collection: 'x'.repeat(300), title: 'long-'.repeat(60) })
    server = await startServer({ port: 0 }, { store, clock: systemClock })
    browser = await startBrowser()
  }, 60_000)

  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    await server.close(0)
  })

  it('applies its style, loads nothing else, and breaks none of its own rules', async () => {
    await browser.open(`${server.url}/?value=203.0.113.9`)
    expect(await browser.run('return getComputedStyle(document.querySelector("ul.cards")).display')).toBe('grid')
    const loaded = await browser.run<string[]>('return performance.getEntriesByType("resource").map((e) => e.name)')
    expect(loaded.filter((url) => !url.endsWith('/favicon.ico'))).toEqual([])
    expect((await browser.console()).filter((line) => !line.includes('favicon'))).toEqual([])
  })

  it('runs nothing of a feed, and shows it as it is written', async () => {
    await browser.open(`${server.url}/?value=203.0.113.9`)
    expect(
      await browser.run('return [window.stolen ?? null, document.images.length, document.scripts.length]'),
    ).toEqual([null, 0, 0])
    expect(await browser.run<string>('return document.body.innerText')).toContain(hostile)
    await browser.open(`${server.url}/?value=${encodeURIComponent(hostile)}`)
    expect(await browser.run('return window.stolen ?? null')).toBe(null)
    expect(await browser.run('return document.querySelector("input").value')).toBe(hostile)
    expect(await browser.title()).toContain('<script>')
  })

  it('is used by keyboard alone: skip link, field, search', async () => {
    await browser.open(`${server.url}/`)
    await browser.type('\uE004')
    expect(await browser.run('return document.activeElement.textContent')).toBe('To the content')
    expect(
      await browser.run<number>('return document.activeElement.getBoundingClientRect().left'),
    ).toBeGreaterThanOrEqual(0)
    await browser.type('\uE004')
    expect(await browser.run('return document.activeElement.id')).toBe('value')
    await browser.type('203.0.113.9\uE007')
    await expect.poll(() => browser.run('return location.search')).toBe('?value=203.0.113.9')
    await expect.poll(() => browser.run<string>('return document.body.innerText')).toContain('1 statement about')
  })

  it('names what a screen reader reads: landmarks, headings in order, labels, language', async () => {
    await browser.open(`${server.url}/?value=203.0.113.9`)
    expect(await browser.run('return document.documentElement.lang')).toBe('en')
    expect(
      await browser.run(
        'return ["header", "main", "footer", "[role=search]"].map((s) => document.querySelectorAll(s).length)',
      ),
    ).toEqual([1, 1, 1, 1])
    const levels = await browser.run<number[]>(
      'return [...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].map((h) => Number(h.tagName[1]))',
    )
    expect(levels.filter((level) => level === 1)).toHaveLength(1)
    levels.forEach((level, at) => expect(level - (levels[at - 1] ?? 0)).toBeLessThanOrEqual(1))
    expect(await browser.run('return document.querySelector("input").labels.length')).toBe(1)
    const unnamed = await browser.run<number>(
      'return [...document.querySelectorAll("section")].filter((s) => !document.getElementById(s.getAttribute("aria-labelledby"))).length',
    )
    expect(unnamed).toBe(0)
  })

  it.each([320, 768, 1400])('fits into %i pixels without scrolling sideways', async (width) => {
    await browser.resize(width, 800)
    await browser.open(`${server.url}/?value=203.0.113.9`)
    expect(await browser.run<number>('return document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
  })

  it.each(['light', 'dark'])('can be read in %s: contrast of 4.5 to 1 everywhere', async (scheme) => {
    await browser.prefer(scheme)
    await browser.open(`${server.url}/?value=203.0.113.9`)
    const worst = await browser.run<{ ratio: number; text: string; back: string }>(worstContrast)
    expect(worst.ratio).toBeGreaterThanOrEqual(4.5)
    const isDark = await browser.run<string>('return getComputedStyle(document.body).backgroundColor')
    expect(isDark === 'rgb(255, 255, 255)').toBe(scheme === 'light')
  })

  it('asks for a login in the browser’s own way once there is an account', async () => {
    const authentication = openStoreAuthentication({ store, clock: systemClock, hashCost: { logN: 10, r: 8, p: 1 } })
    await authentication.createAccount('alice', new Secret('correct horse battery'), { isAdmin: true })
    const { port } = server
    await browser.open(`http://alice:correct%20horse%20battery@127.0.0.1:${port}/`)
    expect(await browser.run<string>('return document.body.innerText')).toContain('Logged in as alice')
    await browser.open(`http://127.0.0.1:${port}/?value=203.0.113.9`)
    expect(await browser.run<string>('return document.body.innerText')).toContain('1 statement about')
  })
})

/** @see WCAG 2.2, relative luminance and contrast ratio */
const worstContrast = `
const channels = (text) => text.match(/[\\d.]+/g).map(Number)
const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0)
const backOf = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const back = getComputedStyle(each).backgroundColor
    if (channels(back)[3] !== 0) return back
  }
  return 'rgb(255, 255, 255)'
}
let worst = { ratio: 21 }
for (const element of document.querySelectorAll('body *')) {
  if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue
  const [text, back] = [getComputedStyle(element).color, backOf(element)]
  const [a, b] = [luminance(channels(text)), luminance(channels(back))].sort((x, y) => y - x)
  const ratio = (a + 0.05) / (b + 0.05)
  if (ratio < worst.ratio) worst = { ratio, text, back, tag: element.tagName }
}
return worst`
