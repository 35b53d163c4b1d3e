import { createHash } from 'node:crypto'
import type { Indicator } from '../../src/indicators/indicator.ts'
import type { Value } from '../../src/stix/statement.ts'

/** Bytes of a digest of a number, so that the same data comes out every time. */
function digest(n: number, salt: string): Buffer {
  return createHash('sha256').update(`${salt} ${n}`).digest()
}

/** Value number `n`: 40 % addresses, 1 % networks, 25 % domains, 20 % URLs, 14 % SHA-256. */
export function valueOf(n: number): Value {
  const bytes = digest(n, 'indicator')
  const hex = bytes.toString('hex')
  const part = n % 100
  if (part < 40)
    return { kind: 'ipv4', value: `${1 + (n >>> 20)}.${(n >>> 12) & 255}.${bytes[0]}.${1 + ((bytes[1] ?? 0) % 254)}` }
  if (part < 41) return { kind: 'ipv4', value: `198.${(n >>> 8) & 255}.${n & 255}.0/24` }
  if (part < 66) return { kind: 'domain', value: `${hex.slice(0, 10)}-${n.toString(36)}.bad.example` }
  if (part < 86)
    return { kind: 'url', value: `http://${hex.slice(0, 8)}.example/${n.toString(36)}/${hex.slice(8, 20)}.php` }
  return { kind: 'sha256', value: hex }
}

/** Whether it is no single address: who compares values by their text cannot find it in an event. */
export function isNetwork({ kind, value }: Value): boolean {
  return kind === 'ipv4' && value.endsWith('/24')
}

export function indicatorOf(n: number): Indicator {
  const hex = digest(n, 'id').toString('hex')
  return {
    ...valueOf(n),
    role: 'indicator',
    sound: true,
    ids: [
      `indicator--${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`,
    ],
    name: `Seen in campaign ${n % 97}`,
    category: ['botnet', 'phishing', 'ransomware'][n % 3],
    labels: [],
    killChainPhases: [],
    relatedTo: [],
    severity: n % 101,
    confidence: (n * 7) % 101,
    firstSeen: '2026-01-01T00:00:00.000000Z',
    lastSeen: new Date(1_700_000_000_000 + n * 1000).toISOString(),
    sources: ['bench'],
  }
}

/** One value of each kind of field in an event. */
interface Event {
  readonly source: string
  readonly destination: string
  readonly domain: string
  readonly url: string
  readonly hash: string
}

/** The indicator that event `n` meets, if it meets one. */
export function hitOf(n: number, indicators: number): number {
  return (n * 7919 + Math.floor(n / 100)) % indicators
}

// Three of a hundred events hold a value of an indicator, by turns in another field.
function eventOf(n: number, indicators: number): Event {
  const bytes = digest(n, 'event')
  const hex = bytes.toString('hex')
  const event = {
    source: `10.${bytes[0]}.${bytes[1]}.${bytes[2]}`,
    destination: `${200 + ((bytes[3] ?? 0) % 20)}.${bytes[4]}.${bytes[5]}.${bytes[6]}`,
    domain: `www.${hex.slice(16, 24)}.example`,
    url: `https://${hex.slice(24, 32)}.example/app/${hex.slice(32, 40)}?session=${hex.slice(40, 52)}`,
    hash: digest(n, 'hash').toString('hex'),
  }
  if (n % 100 >= 3) return event
  const { kind, value } = valueOf(hitOf(n, indicators))
  if (kind === 'ipv4') return { ...event, destination: value.replace(/0\/24$/, '77') }
  if (kind === 'domain') return { ...event, domain: value }
  return kind === 'url' ? { ...event, url: value } : { ...event, hash: value }
}

/** Event `n` as a JSON line of eleven fields, about 430 bytes. */
export function jsonEvent(n: number, indicators: number): string {
  const { source, destination, domain, url, hash } = eventOf(n, indicators)
  return JSON.stringify({
    time: new Date(1_760_000_000_000 + n * 10).toISOString(),
    device: `fw-${n % 12}`,
    source_address: source,
    destination_address: destination,
    domain,
    url,
    hash,
    user: `user${n % 1000}`,
    action: n % 5 === 0 ? 'deny' : 'allow',
    agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36',
    bytes: n % 65_536,
  })
}

/** The same as a line of a firewall. */
export function textEvent(n: number, indicators: number): string {
  const { source, destination, domain, url, hash } = eventOf(n, indicators)
  const time = new Date(1_760_000_000_000 + n * 10).toISOString()
  return `${time} fw-${n % 12} filter[${n % 4096}]: action=${n % 5 === 0 ? 'deny' : 'allow'} src=${source} dst=${destination} host=${domain} url=${url} hash=${hash} user=user${n % 1000}`
}
