import { textElement } from '../../taxii/v1/xml-writer.ts'
import type { XmlElement } from '../../taxii/v1/xml-writer.ts'
import type { ServiceEntity, ServiceType } from '../taxii1-persistence.ts'
import { contactElements, contactsOf } from './contacts.ts'
import { bindingElement, toldBindings } from './content-bindings.ts'
import type { Reply, Visit } from './visit.ts'
import { answerMessage } from './write-message.ts'

/**
 * Lists the services, one entry for each protocol binding and address. Who has no account does not see what needs one.
 * @see TAXII 1.1 Services Specification, 3.3 and 4.4.3; TAXII 1.0, 3.4.3
 */
export async function answerDiscovery(visit: Visit): Promise<Reply> {
  const advertised = visit.service.properties.advertisedServices
  const services = (await visit.parts.taxii1.getServices()).filter(
    (service) =>
      (advertised === undefined || advertised.includes(service.id)) &&
      (service.properties.authenticationRequired !== true || visit.principal.kind === 'account'),
  )
  const entries = await Promise.all(services.map((service) => serviceElements(visit, service)))
  return {
    body: answerMessage(visit.wire, 'Discovery_Response', visit.message.id, { children: entries.flat() }),
  }
}

async function serviceElements(visit: Visit, service: ServiceEntity): Promise<readonly XmlElement[]> {
  const { wire } = visit
  const { properties, type } = service
  const taker = { acceptAllContent: properties.acceptsAllContent, supportedContent: properties.supportedContent }
  const bindings = type === 'inbox' ? toldBindings(taker) : []
  return (await contactsOf(visit, service)).map((contact) => ({
    name: 'Service_Instance',
    attributes: {
      service_type: serviceTypeName(type, wire.version),
      service_version: wire.services,
      available: String(properties.isAvailable),
    },
    children: [
      ...contactElements(contact),
      ...bindings.map((binding) => bindingElement(wire, binding)),
      textElement('Message', properties.description),
    ],
  }))
}

function serviceTypeName(type: ServiceType, version: '1.0' | '1.1'): string {
  if (type === 'collection-management') return version === '1.0' ? 'FEED_MANAGEMENT' : 'COLLECTION_MANAGEMENT'
  return type.toUpperCase()
}
