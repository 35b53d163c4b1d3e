import { textElement } from '../../taxii/v1/xml-writer.ts'
import type { XmlElement } from '../../taxii/v1/xml-writer.ts'
import type { ServiceType, Taxii1Collection } from '../taxii1-persistence.ts'
import { rightsAt } from './access.ts'
import { contactElements, contactsOf } from './contacts.ts'
import type { Contact } from './contacts.ts'
import { bindingElement, toldBindings } from './content-bindings.ts'
import { sieveOf } from './visible.ts'
import type { Reply, Visit } from './visit.ts'
import { answerMessage } from './write-message.ts'

/** Where a collection can be polled, managed and pushed to: ways to services by the ids of their collections. */
interface ServicePlace {
  readonly type: ServiceType
  readonly contacts: readonly Contact[]
  readonly collections: ReadonlySet<string>
}

/**
 * Lists the collections of this service that the account may read or write, as 1.1 has them, or the feeds among them as 1.0
 * has them. An empty list is an answer.
 * @see TAXII 1.1 Services Specification, 3.4 and 4.4.5; TAXII 1.0, 3.4.5
 */
export async function answerCollections(visit: Visit): Promise<Reply> {
  const { wire, message, service, parts } = visit
  const seen = (await parts.taxii1.getCollections(service.id)).filter((collection) => {
    const { canRead, canWrite } = rightsAt(visit, collection)
    return (canRead || canWrite) && (wire.version === '1.1' || collection.type === 'feed')
  })
  const places = await placesOf(visit)
  const children = seen.map((collection) => recordElement(visit, collection, places))
  return { body: answerMessage(wire, wire.listResponse, message.id, { children }), blocks: 0 }
}

async function placesOf(visit: Visit): Promise<readonly ServicePlace[]> {
  const services = await visit.parts.taxii1.getServices()
  const useful = services.filter(({ type, properties }) => type !== 'discovery' && properties.isAvailable)
  return Promise.all(
    useful.map(async (service) => ({
      type: service.type,
      contacts: await contactsOf(visit, service),
      collections: new Set((await visit.parts.taxii1.getCollections(service.id)).map(({ id }) => id)),
    })),
  )
}

function recordElement(visit: Visit, collection: Taxii1Collection, places: readonly ServicePlace[]): XmlElement {
  const { wire } = visit
  const isOld = wire.version === '1.0'
  const { canRead, canWrite } = rightsAt(visit, collection)
  const ways = (type: ServiceType, name: string): readonly XmlElement[] =>
    places
      .filter((place) => place.type === type && place.collections.has(collection.id))
      .flatMap(({ contacts }) => contacts.map((contact) => ({ name, children: contactElements(contact) })))
  // A count of everything would tell of what lies above somebody's ceiling.
  const isCounted = !isOld && canRead && sieveOf(visit, collection) === undefined
  return {
    name: wire.record,
    attributes: {
      [wire.nameAttribute]: collection.name,
      collection_type: isOld ? undefined : collection.type === 'set' ? 'DATA_SET' : 'DATA_FEED',
      available: String(collection.isAvailable),
    },
    children: [
      { name: 'Description', text: collection.description === '' ? collection.name : collection.description },
      isCounted ? textElement('Collection_Volume', String(collection.volume)) : undefined,
      ...toldBindings(collection).map((binding) => bindingElement(wire, binding)),
      ...(canRead ? ways('poll', 'Polling_Service') : []),
      ...(canRead ? ways('collection-management', 'Subscription_Service') : []),
      ...(canWrite && !isOld ? ways('inbox', 'Receiving_Inbox_Service') : []),
    ],
  }
}
