import type { Service } from '../client.ts'

/** The two versions this folder speaks. */
export type Version1 = '1.0' | '1.1'

/** What differs on the wire between TAXII 1.0 and 1.1. Identifiers: TAXII XML Message Binding and HTTP Protocol Binding. */
export interface Wire {
  readonly version: Version1
  readonly services: string
  readonly binding: string
  readonly namespace: string
  readonly prefix: string
  /** Attribute that names a collection. */
  readonly nameAttribute: 'collection_name' | 'feed_name'
  readonly listRequest: string
  readonly listResponse: string
  /** Element of one record in a listing. */
  readonly record: 'Collection' | 'Feed'
}

export const wires: Readonly<Record<Version1, Wire>> = {
  '1.0': {
    version: '1.0',
    services: 'urn:taxii.mitre.org:services:1.0',
    binding: 'urn:taxii.mitre.org:message:xml:1.0',
    namespace: 'http://taxii.mitre.org/messages/taxii_xml_binding-1',
    prefix: 'taxii',
    nameAttribute: 'feed_name',
    listRequest: 'Feed_Information_Request',
    listResponse: 'Feed_Information_Response',
    record: 'Feed',
  },
  '1.1': {
    version: '1.1',
    services: 'urn:taxii.mitre.org:services:1.1',
    binding: 'urn:taxii.mitre.org:message:xml:1.1',
    namespace: 'http://taxii.mitre.org/messages/taxii_xml_binding-1.1',
    prefix: 'taxii_11',
    nameAttribute: 'collection_name',
    listRequest: 'Collection_Information_Request',
    listResponse: 'Collection_Information_Response',
    record: 'Collection',
  },
}

/** The version of a message's root name space; undefined when it is not TAXII 1.x. */
export function versionOfNamespace(namespace: string): Version1 | undefined {
  if (namespace === wires['1.1'].namespace) return '1.1'
  return namespace === wires['1.0'].namespace ? '1.0' : undefined
}

export const defaultQueryFormat = 'urn:taxii.mitre.org:query:default:1.0'

const httpProtocol = 'urn:taxii.mitre.org:protocol:http:1.0'
const httpsProtocol = 'urn:taxii.mitre.org:protocol:https:1.0'

/** The protocol binding of an address. */
export function protocolOf(address: URL): string {
  return address.protocol === 'https:' ? httpsProtocol : httpProtocol
}

/**
 * Headers of every request: exactly one binding in X-TAXII-Accept, since OpenTAXII compares the whole value and refuses a
 * list.
 * @see TAXII HTTP Protocol Binding 1.0, section 2.1
 */
export function requestHeaders(wire: Wire, address: URL): Record<string, string> {
  return {
    'content-type': 'application/xml',
    accept: 'application/xml',
    'x-taxii-content-type': wire.binding,
    'x-taxii-accept': wire.binding,
    'x-taxii-services': wire.services,
    'x-taxii-protocol': protocolOf(address),
  }
}

/** Service types on the wire, 1.0's name for collection management included. */
export const serviceTypes: ReadonlyMap<string, Service['type']> = new Map([
  ['DISCOVERY', 'discovery'],
  ['COLLECTION_MANAGEMENT', 'collection-management'],
  ['FEED_MANAGEMENT', 'collection-management'],
  ['POLL', 'poll'],
  ['INBOX', 'inbox'],
])
