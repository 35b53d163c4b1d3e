import type { Collection, ContentBinding, Service } from '../client.ts'
import { canonicalBinding } from './bindings.ts'
import { serviceTypes } from './wire.ts'
import type { Wire } from './wire.ts'
import { attributeOf, booleanOf, childrenNamed, textOf, textsOf, wholeNumber } from './xml-node.ts'
import type { XmlNode } from './xml-node.ts'

/** Protocol binding, address and message bindings, wherever they stand together. */
export interface Contact {
  readonly protocol: string
  readonly address: string
  readonly messageBindings: readonly string[]
}

/**
 * Service instances of a `Discovery_Response`, in the server's order; entries of a type that is not TAXII's, or without
 * an address, are left out.
 * @see TAXII 1.1 Services Specification, 4.4.3
 */
export function readServices(root: XmlNode): Service[] {
  return childrenNamed(root, 'Service_Instance').flatMap((node) => {
    const type = serviceTypes.get(attributeOf(node, 'service_type') ?? '')
    const contact = readContact(node)
    if (!type || !contact) return []
    const bindings = readBindings(node)
    const service: Service = {
      type,
      version: attributeOf(node, 'service_version') ?? '',
      ...contact,
      available: booleanOf(node, 'available'),
      acceptedBindings: type === 'inbox' && bindings.length > 0 ? bindings : undefined,
      message: textOf(node, 'Message'),
    }
    return [service]
  })
}

function readContact(node: XmlNode): Contact | undefined {
  const address = textOf(node, 'Address')
  if (address === undefined) return undefined
  return {
    protocol: textOf(node, 'Protocol_Binding') ?? '',
    address,
    messageBindings: textsOf(node, 'Message_Binding'),
  }
}

function readBindings(node: XmlNode): ContentBinding[] {
  return childrenNamed(node, 'Content_Binding').flatMap((binding) => {
    const id = attributeOf(binding, 'binding_id') ?? binding.text.trim()
    const subtypes = childrenNamed(binding, 'Subtype').flatMap((subtype) => attributeOf(subtype, 'subtype_id') ?? [])
    return id === '' ? [] : [{ id, subtypes }]
  })
}

/** A record of a listing, with the contacts it names. */
export interface ListedCollection {
  readonly id: string
  readonly description?: string | undefined
  readonly ordering: 'feed' | 'set'
  readonly available?: boolean | undefined
  readonly volume?: number | undefined
  /** As the server spells them; empty = all. */
  readonly bindings: readonly ContentBinding[]
  readonly polls: readonly Contact[]
  readonly subscriptions: readonly Contact[]
  readonly inboxes: readonly Contact[]
}

/**
 * Records of a collection (1.0: feed) information response, in the server's order; nameless ones are left out.
 * @see TAXII 1.1 Services Specification, 4.4.5; TAXII 1.0 Services Specification, 3.4.5
 */
export function readListing(wire: Wire, root: XmlNode): ListedCollection[] {
  return childrenNamed(root, wire.record).flatMap((node) => {
    const id = attributeOf(node, wire.nameAttribute)
    if (id === undefined) return []
    const contacts = (name: string): Contact[] => childrenNamed(node, name).flatMap((each) => readContact(each) ?? [])
    const listed: ListedCollection = {
      id,
      description: textOf(node, 'Description'),
      ordering: attributeOf(node, 'collection_type') === 'DATA_SET' ? 'set' : 'feed',
      available: booleanOf(node, 'available'),
      volume: wholeNumber(textOf(node, 'Collection_Volume')),
      bindings: readBindings(node),
      polls: contacts('Polling_Service'),
      subscriptions: contacts('Subscription_Service'),
      inboxes: contacts('Receiving_Inbox_Service'),
    }
    return [listed]
  })
}

/** A record as the contract has it. `choose` resolves and orders the addresses of contacts. */
export function collectionOf(
  listed: ListedCollection,
  root: URL,
  choose: (contacts: readonly Contact[]) => readonly URL[],
): Collection {
  const addresses = (contacts: readonly Contact[]): string[] => choose(contacts).map((url) => url.href)
  const pollAddresses = addresses(listed.polls)
  const inboxAddresses = addresses(listed.inboxes)
  return {
    id: listed.id,
    root: root.href,
    title: undefined,
    description: listed.description,
    canRead: pollAddresses.length > 0 && listed.available !== false,
    canWrite: inboxAddresses.length > 0 && listed.available !== false,
    contentTypes: listed.bindings.map(({ id }) => canonicalBinding(id)),
    ordering: listed.ordering,
    available: listed.available,
    volume: listed.volume,
    pollAddresses,
    subscriptionAddresses: addresses(listed.subscriptions),
    inboxAddresses,
    custom: {},
  }
}
