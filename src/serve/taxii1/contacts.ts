import { protocolOf } from '../../taxii/v1/wire.ts'
import { textElement } from '../../taxii/v1/xml-writer.ts'
import type { XmlElement } from '../../taxii/v1/xml-writer.ts'
import type { ServiceEntity } from '../taxii1-persistence.ts'
import type { Visit } from './visit.ts'

/** One way to a service: a protocol, an address and the message bindings spoken there. */
export interface Contact {
  readonly protocol: string
  readonly address: string
  readonly messageBindings: readonly string[]
}

/**
 * The ways to a service, one for each protocol binding it has (default: that of the address the client came by). Addresses
 * are absolute: the service's own domain where it has one, else as the client knows us.
 */
export async function contactsOf(visit: Visit, service: ServiceEntity): Promise<readonly Contact[]> {
  const { parts, baseUrl, wire } = visit
  const domain = await parts.taxii1.getDomain(service.id)
  const scheme = new URL(baseUrl).protocol
  const home = domain === undefined ? baseUrl : /^https?:\/\//.test(domain) ? domain : `${scheme}//${domain}`
  const url = new URL(service.properties.address, home)
  const bindings = service.properties.messageBindings
  // A binding of the other version is another service version: it is told to who asks in that one.
  const messageBindings = bindings && !bindings.includes(wire.binding) ? bindings : [wire.binding]
  const protocols = service.properties.protocolBindings ?? [protocolOf(url)]
  return protocols.map((protocol) => ({ protocol, address: withScheme(url, protocol), messageBindings }))
}

function withScheme(url: URL, protocol: string): string {
  const copy = new URL(url)
  copy.protocol = protocol.includes(':https:') ? 'https:' : 'http:'
  return copy.href
}

/** Protocol binding, address and message bindings, in the order of the schema. */
export function contactElements({ protocol, address, messageBindings }: Contact): readonly (XmlElement | undefined)[] {
  return [
    textElement('Protocol_Binding', protocol),
    textElement('Address', address),
    ...messageBindings.map((binding) => textElement('Message_Binding', binding)),
  ]
}

/** The path at which a service answers, without a slash at its end. */
export function pathOf(service: ServiceEntity): string {
  const { pathname } = new URL(service.properties.address, 'http://server.invalid')
  return withoutSlash(pathname)
}

export function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}
