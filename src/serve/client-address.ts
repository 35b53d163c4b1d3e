import { BlockList, isIP } from 'node:net'
import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import { readUrl } from '../core/url.ts'

/** How a server is reached, and whose word is believed about it. */
export interface AddressRules {
  /** A proxy in front speaks TLS: what it says of the client is believed where `isTrustedProxy` knows it. */
  readonly behindTls: boolean
  readonly isTrustedProxy: (address: string) => boolean
  /** `https://taxii.example`: goes before everything a request says. No slash at the end. */
  readonly publicUrl?: string | undefined
}

/** What a request says of where it comes from and goes to. `header` takes a name in lower case. */
export interface Arrival {
  readonly peerAddress: string
  readonly isTls: boolean
  readonly header: (name: string) => string | undefined
}

export interface Reached {
  readonly clientAddress: string
  /** No slash at the end. */
  readonly baseUrl: string
  /** From this machine, to one of its loopback names, and not through a proxy: not from where one is expected either. */
  readonly isLocal: boolean
  readonly isTls: boolean
}

const hostForm = /^(?:[a-z0-9](?:[a-z0-9._-]{0,252})|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i
const proxyHeaders = ['x-forwarded-for', 'x-forwarded-host', 'forwarded', 'via', 'x-real-ip']

/** Who asks and under which address, as far as what is said about it can be believed. */
export function reached(arrival: Arrival, rules: AddressRules): Reached {
  const { peerAddress, header } = arrival
  const isProxied = rules.behindTls && rules.isTrustedProxy(peerAddress)
  const host = validHost((isProxied ? last(header('x-forwarded-host')) : undefined) ?? header('host'))
  const isTls = arrival.isTls || (isProxied && last(header('x-forwarded-proto'))?.toLowerCase() !== 'http')
  const clientAddress = isProxied ? (forwardedFor(header('x-forwarded-for'), rules) ?? peerAddress) : peerAddress
  return {
    clientAddress,
    baseUrl: rules.publicUrl ?? `${isTls ? 'https' : 'http'}://${host ?? 'localhost'}`,
    // A name of somebody else's that leads here is how a strange page makes a browser read what is ours (DNS rebinding).
    isLocal:
      !isProxied && isLoopback(peerAddress) && isLoopback(nameOf(host)) && proxyHeaders.every((name) => !header(name)),
    isTls,
  }
}

/** The address next to the proxies that are trusted: whatever stands before it the client can have written. */
function forwardedFor(text: string | undefined, rules: AddressRules): string | undefined {
  const addresses = (text ?? '').split(',').map((each) => bareAddress(each.trim()))
  return addresses.reverse().find((address) => address === undefined || !rules.isTrustedProxy(address))
}

/** An address with or without port and brackets; undefined for anything else. */
function bareAddress(text: string): string | undefined {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d[\d.]+):\d+$/.exec(text)?.[1] ?? text
  return isIP(bare) ? bare.replace(/^::ffff:(?=\d+\.)/i, '') : undefined
}

function last(text: string | undefined): string | undefined {
  return text?.split(',').at(-1)?.trim()
}

function validHost(host: string | undefined): string | undefined {
  // The form leaves ports and addresses that are none; what is made of it has to be an address.
  const isUsable = host !== undefined && hostForm.test(host) && readUrl(`http://${host}`) !== undefined
  return isUsable ? host.toLowerCase() : undefined
}

function nameOf(host: string | undefined): string {
  return (host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}

/** Whether an address or a name of a host is this machine by its spelling alone. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true
  const family = isIP(host)
  return family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/**
 * Addresses and networks (`10.0.0.0/8`) as a question. None: this machine.
 * @throws SERVE_PROXY_ADDRESS (usage)
 */
export function proxyTest(texts: readonly string[]): (address: string) => boolean {
  if (texts.length === 0) return isLoopback
  const list = new BlockList()
  for (const text of texts) {
    const [address = '', length, ...rest] = text.trim().split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    const most = family === 'ipv6' ? 128 : 32
    const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : Infinity
    if (isIP(address) === 0 || bits > most || rest.length > 0) throw notAnAddress(text)
    list.addSubnet(address, bits, family)
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function notAnAddress(text: string): StixTaxiiError {
  const shown = printable(text, { maxLength: 80 })
  return new StixTaxiiError('SERVE_PROXY_ADDRESS', `--trusted-proxy "${shown}" is neither an address nor a network`, {
    kind: 'usage',
    hint: 'Write an address (192.0.2.1) or a network (192.0.2.0/24).',
    context: { value: shown },
  })
}
