import { describe, expect, test } from 'vitest'
import { expectInvariant, type Ending, type Met } from '../faults/invariant.ts'
import { startSpoiledFeed } from '../faults/spoiled-feed.ts'
import { dnsmasq, lackOfFilter, openNamespace, type Namespace } from './a-namespace.ts'

// They count as public and exist in the namespace alone.
const four = '8.8.8.8'
const dead = '9.9.9.9'
const six = '2606:4700::1111'
const port = 8080

const lacking = lackOfFilter() ?? (dnsmasq === undefined ? 'dnsmasq' : undefined)

interface Fault {
  readonly ending: Ending
  readonly names: readonly string[]
  readonly spoil: (namespace: Namespace) => void
}

/** A fetch in a network of its own whose packets go astray until the first run has ended. */
async function meet({ ending, names, spoil }: Fault): Promise<Met & { readonly reached: readonly string[] }> {
  await using feed = await startSpoiledFeed(() => undefined, { objects: 30 })
  await using namespace = await openNamespace({ upstream: feed.port, port, addresses: [four, dead, six] })
  namespace.names(names)
  spoil(namespace)
  let reached: readonly string[] = []
  const met = await expectInvariant({
    url: `http://feed.example:${port}${new URL(feed.url).pathname}`,
    truth: feed.truth,
    ending,
    env: { STIXTAXII_ALLOW_HTTP: 'true' },
    prefix: namespace.prefix,
    mendedPrefix: namespace.prefix,
    mend() {
      reached = namespace.reached()
      namespace.names([`${four} feed.example`])
    },
  })
  return { ...met, reached }
}

const drop = (address: string) => (namespace: Namespace) =>
  namespace.run(address.includes(':') ? 'ip6tables' : 'iptables', '-A', 'OUTPUT', '-d', address, '-j', 'DROP')

describe.skipIf(lacking !== undefined)(`N2, N18 in a network of its own (lacking: ${lacking})`, () => {
  test('N2: a server whose packets iptables drops ends within the time to connect and its one further try', async () => {
    const ending = { kind: 'network', code: 'HTTP_CONNECT_TIMEOUT' } as const
    const { error, tookMs, reached } = await meet({ ending, names: [`${dead} feed.example`], spoil: drop(dead) })
    expect(error?.message).toContain('could not be connected to within 10 s')
    expect(error?.hint).toContain('firewall')
    expect(reached).toEqual([])
    expect(tookMs).toBeGreaterThan(10_000)
    expect(tookMs).toBeLessThan(40_000)
  })

  test('N2: a server to which there is no route ends at once, after few tries', async () => {
    const ending = { kind: 'network', code: 'HTTP_CONNECT_FAILED' } as const
    const { error, tookMs } = await meet({ ending, names: ['1.1.1.1 feed.example'], spoil: () => undefined })
    expect(error?.message).toContain('cannot be reached from here')
    expect(error?.context?.['reason']).toBe('ENETUNREACH')
    expect(tookMs).toBeLessThan(20_000)
  })

  test('N18: a dead IPv6 address beside a living IPv4 one costs less than a second', async () => {
    const names = [`${six} feed.example`, `${four} feed.example`]
    const extra: number[] = []
    // The rest of the run takes as long as the machine is busy: the best of three pairs counts.
    for (let tries = 0; tries < 3 && !extra.some((ms) => ms < 1000); tries++) {
      const alive = await meet({ ending: 'survived', names, spoil: () => undefined })
      const half = await meet({ ending: 'survived', names, spoil: drop(six) })
      // Else the name service would have put it last, and nothing would be shown.
      expect(new Set(alive.reached)).toEqual(new Set([six]))
      expect(new Set(half.reached)).toEqual(new Set([four]))
      extra.push(half.tookMs - alive.tookMs)
    }
    expect(Math.min(...extra)).toBeLessThan(1000)
  })
})
