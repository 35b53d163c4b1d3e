import { printable } from '../../core/printable.ts'
import { protocolOf, wires } from '../../taxii/v1/wire.ts'
import type { Version1, Wire } from '../../taxii/v1/wire.ts'
import { Refusal } from './refusal.ts'

/** Message bindings we have, best first. */
export const messageBindings: readonly string[] = [wires['1.1'].binding, wires['1.0'].binding]
export const protocolBindings: readonly string[] = [
  protocolOf(new URL('https://taxii.example')),
  protocolOf(new URL('http://taxii.example')),
]

type Header = (name: string) => string | undefined

/** Message bindings that a client accepts, best first; undefined: any. One space between them, or commas. */
function accepted(header: Header): readonly string[] | undefined {
  const ids = (header('x-taxii-accept') ?? '').split(/[\s,]+/).filter((id) => id !== '')
  return ids.length === 0 ? undefined : ids
}

function versionOf(binding: string | undefined): Version1 | undefined {
  return binding === wires['1.1'].binding ? '1.1' : binding === wires['1.0'].binding ? '1.0' : undefined
}

/**
 * The version to answer in: the first we have of those that are accepted, from left to right; the request's own where
 * nothing is said.
 * @throws Refusal UNSUPPORTED_MESSAGE
 * @see TAXII HTTP Protocol Binding 1.0, 2.1
 */
export function answerWire(header: Header, own: Wire): Wire {
  const ids = accepted(header)
  if (!ids) return own
  const version = ids.map(versionOf).find((each) => each !== undefined)
  if (version === undefined) throw unsupportedMessage()
  return wires[version]
}

/** The version for telling that a request could not be read. */
export function fallbackWire(header: Header): Wire {
  const named = [...(accepted(header) ?? []), header('x-taxii-content-type')?.trim()]
  return wires[named.map(versionOf).find((each) => each !== undefined) ?? '1.1']
}

/**
 * Refuses what names a message binding, protocol or services version that is not TAXII 1.0's or 1.1's. Headers that are
 * left out are borne with: the message says what it is. Behind a proxy the client may speak https where we do not.
 */
export function checkHeaders(header: Header): void {
  const binding = header('x-taxii-content-type')?.trim()
  if (binding !== undefined && versionOf(binding) === undefined) throw unsupportedMessage()
  const type = header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== undefined && !/^(application|text)\/(?:[\w.-]+\+)?xml$/.test(type)) throw unsupportedMessage()
  const protocol = header('x-taxii-protocol')?.trim()
  if (protocol !== undefined && !protocolBindings.includes(protocol)) {
    throw new Refusal('UNSUPPORTED_PROTOCOL', { details: { SUPPORTED_PROTOCOL: protocolBindings } })
  }
  const services = header('x-taxii-services')?.trim()
  if (services !== undefined && !Object.values(wires).some((wire) => wire.services === services)) {
    const message = `X-TAXII-Services names "${printable(services, { maxLength: 100 })}", which is not TAXII 1.0 or 1.1`
    throw new Refusal('FAILURE', { message })
  }
}

/** Refuses a message of another version than its header says. */
export function checkVersion(header: Header, wire: Wire): void {
  const binding = header('x-taxii-content-type')?.trim()
  if (binding === undefined || binding === wire.binding) return
  throw new Refusal('BAD_MESSAGE', { message: `The message is TAXII ${wire.version}, its X-TAXII-Content-Type is not` })
}

function unsupportedMessage(): Refusal {
  return new Refusal('UNSUPPORTED_MESSAGE', { details: { SUPPORTED_BINDING: messageBindings } })
}

/** Headers of every answer. @see TAXII HTTP Protocol Binding 1.0, 2.1 */
export function answerHeaders(wire: Wire, baseUrl: string): Record<string, string> {
  return {
    'content-type': 'application/xml; charset=utf-8',
    'x-taxii-content-type': wire.binding,
    'x-taxii-protocol': protocolOf(new URL(baseUrl)),
    'x-taxii-services': wire.services,
  }
}
