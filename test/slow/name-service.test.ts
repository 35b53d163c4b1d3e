import { describe, expect, test } from 'vitest'
import { answer } from '../faults/fault-server.ts'
import { expectInvariant, type Ending, type Met } from '../faults/invariant.ts'
import { startSpoiledFeed, type Spoil } from '../faults/spoiled-feed.ts'
import { dnsmasq, lackOfNamespaces, openNamespace, type Namespace } from './a-namespace.ts'

// Addresses that count as public are needed to see them turn to private ones; they exist in the namespace alone.
const here = '8.8.8.8'
const elsewhere = '9.9.9.9'
const inside = '10.0.0.8'
const port = 8080
const good = [`${here} feed.example`]

const lacking = lackOfNamespaces() ?? (dnsmasq === undefined ? 'dnsmasq' : undefined)

test.runIf(process.env['CI'] === 'true')('dnsmasq is installed', () => {
  expect(dnsmasq).toBeDefined()
})

interface Fault {
  readonly ending: Ending
  readonly spoil?: ((namespace: () => Namespace) => Spoil) | undefined
  readonly names?: readonly string[] | undefined
  readonly service?: readonly string[] | undefined
  readonly deaf?: readonly string[] | undefined
}

interface Seen extends Met {
  readonly asked: string
  readonly reached: readonly string[]
}

/** A fetch in a network of its own whose name service has a fault until the first run has ended. */
async function meet({ ending, spoil, names, service, deaf }: Fault): Promise<Seen> {
  const held: { namespace?: Namespace } = {}
  const namespace = (): Namespace => held.namespace as Namespace
  await using feed = await startSpoiledFeed(spoil?.(namespace) ?? (() => undefined))
  const addresses = [here, elsewhere, inside]
  await using opened = await openNamespace({ upstream: feed.port, port, addresses, deaf, service })
  held.namespace = opened
  opened.names(names ?? good)
  let seen = { asked: '', reached: [] as readonly string[] }
  const met = await expectInvariant({
    url: `http://feed.example:${port}${new URL(feed.url).pathname}`,
    truth: feed.truth,
    ending,
    env: { STIXTAXII_ALLOW_HTTP: 'true' },
    prefix: opened.prefix,
    mendedPrefix: opened.prefix,
    mend() {
      seen = { asked: opened.asked(), reached: opened.reached() }
      feed.mend()
      opened.names(good)
    },
  })
  return { ...met, ...seen }
}

const questions = (asked: string, name: string): number => asked.split(`query[A] ${name} `).length - 1

describe.skipIf(lacking !== undefined)(`N1, S2 with dnsmasq in a network of its own (lacking: ${lacking})`, () => {
  test('N1: dnsmasq knows no such name, and is not asked again and again', async () => {
    const unknown = { kind: 'network', code: 'HTTP_NAME_UNKNOWN' } as const
    const { error, asked } = await meet({ ending: unknown, names: ['8.8.8.8 other.example'] })
    expect(error?.message).toContain('feed.example')
    expect(error?.context?.['reason']).toBe('ENOTFOUND')
    expect(questions(asked, 'feed.example')).toBeGreaterThanOrEqual(1)
    expect(questions(asked, 'feed.example')).toBeLessThanOrEqual(4)
  })

  test('N1: dnsmasq knows the name, but no address for it', async () => {
    const ending = { kind: 'network', code: 'HTTP_NAME_UNKNOWN' } as const
    const { error, asked } = await meet({ ending, names: [], service: ['--txt-record=feed.example,nothing'] })
    expect(error?.message).toContain('feed.example')
    expect(asked).toContain('NODATA')
  })

  test('N1: a name with several addresses of which one is dead leads to the living one', async () => {
    const names = [`${elsewhere} feed.example`, `${here} feed.example`]
    const { reached } = await meet({ ending: 'survived', names, deaf: [elsewhere] })
    expect(new Set(reached)).toEqual(new Set([here]))
  })

  test('N1, S2: a name that dnsmasq turns from public to private between two questions is not followed', async () => {
    const { error, asked, reached } = await meet({
      ending: { kind: 'refused', code: 'HTTP_ADDRESS_REFUSED' },
      spoil:
        (namespace) =>
        ({ page, status, headers, body }) => {
          if (page !== 3) return undefined
          namespace().names([`${inside} feed.example`])
          const closing = { Connection: 'close', 'Content-Length': String(body.length) }
          return [answer({ status, headers: { ...headers, ...closing }, body })]
        },
    })
    expect(error?.message).toContain(inside)
    expect(asked).toContain(`feed.example is ${inside}`)
    expect(new Set(reached)).toEqual(new Set([here]))
  })

  test('N1, S2: a name with a public and a private address leads to the public one only', async () => {
    const names = [`${inside} feed.example`, `${here} feed.example`]
    const { reached } = await meet({ ending: 'survived', names })
    expect(new Set(reached)).toEqual(new Set([here]))
  })

  test.each([
    ['root', `http://inner.example:${port}/api1/`],
    ['root', `http://${inside}:${port}/api1/`],
    ['redirect', `http://inner.example:${port}/taxii2/`],
    ['redirect', `http://${inside}:${port}/taxii2/`],
  ])('N1, S2: a server that names a private address, as its %s %s, brings nobody there', async (how, address) => {
    const { asked, reached } = await meet({
      // A root on another host is asked for where we are; nothing follows a redirect to it.
      ending: how === 'root' ? 'survived' : { kind: 'refused' },
      names: [...good, `${inside} inner.example`],
      spoil:
        () =>
        ({ page, headers, body }, { target }) => {
          if (page !== 0 || !target.startsWith('/taxii2')) return undefined
          if (how === 'redirect') return [answer({ status: 302, headers: { Location: address } })]
          const told = { ...(JSON.parse(body.toString()) as object), default: address, api_roots: [address] }
          return [answer({ headers, body: JSON.stringify(told) })]
        },
    })
    expect(asked).not.toContain('inner.example')
    expect(new Set(reached)).toEqual(new Set([here]))
  })

  test('N1: a name service that never answers ends within the time to connect', async () => {
    await using feed = await startSpoiledFeed(() => undefined)
    const common = { upstream: feed.port, port, addresses: [here] }
    await using mute = await openNamespace({ ...common, service: 'mute' })
    await using talking = await openNamespace(common)
    talking.names(good)
    const met = await expectInvariant({
      url: `http://feed.example:${port}${new URL(feed.url).pathname}`,
      truth: feed.truth,
      ending: { kind: 'network', code: ['HTTP_CONNECT_TIMEOUT', 'HTTP_NAME_UNKNOWN'] },
      env: { STIXTAXII_ALLOW_HTTP: 'true' },
      prefix: mute.prefix,
      mendedPrefix: talking.prefix,
    })
    expect(met.error?.message).toContain('feed.example')
    // Two tries of 10 s, the wait between them, and what the machine's resolver still has under way.
    expect(met.tookMs).toBeLessThan(60_000)
  })
})
