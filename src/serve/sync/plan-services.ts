import type { ServiceEntity, ServiceProperties } from '../taxii1-persistence.ts'
import { defaultServices } from '../persistence/default-services.ts'
import { differences, kept, said, type SyncParts, type SyncStep } from './plan.ts'
import type { ServerDataText, ServiceText } from './schema.ts'

const kind = 'service'

export async function planServices(
  { services: wanted }: ServerDataText,
  { persistence: { taxii1 } }: SyncParts,
  prune: boolean,
): Promise<readonly SyncStep[]> {
  if (!wanted) return []
  const present = await taxii1.getServices()
  const steps = wanted.map((text): SyncStep => {
    const { id, type } = text
    const found = present.find((service) => service.id === id)
    const properties = propertiesOf(text)
    if (!found) {
      const made = { address: `/services/${id}`, isAvailable: true, ...properties }
      const run = () => taxii1.createService({ id, type, properties: made })
      return { kind, name: id, action: 'create', fields: [], run }
    }
    const fields = differences({ ...text, supported_content: properties.supportedContent }, textOf(found))
    if (fields.length === 0) return kept(kind, id)
    const run = () => taxii1.updateService({ id, type, properties: { ...found.properties, ...properties } })
    return { kind, name: id, action: 'change', fields, run }
  })
  // Those that are there without being made stay: a server without them would be none.
  const names = new Set([...defaultServices, ...wanted].map(({ id }) => id))
  const unwanted = prune ? present.filter(({ id }) => !names.has(id)) : []
  const deleted = unwanted.map(({ id }): SyncStep => ({
    kind,
    name: id,
    action: 'delete',
    fields: [],
    run: () => taxii1.deleteService(id),
  }))
  return [...steps, ...deleted]
}

function propertiesOf(text: ServiceText): Partial<ServiceProperties> {
  return said({
    address: text.address,
    description: text.description,
    isAvailable: text.available,
    destinationCollectionRequired: text.destination_collection_required,
    acceptsAllContent: text.accept_all_content,
    supportedContent: text.supported_content?.map((one) =>
      typeof one === 'string' ? { binding: one, subtypes: [] } : one,
    ),
    maxResultSize: text.max_result_size,
    maxResultCount: text.max_result_count,
    subscriptionRequired: text.subscription_required,
    advertisedServices: text.advertised_services,
    authenticationRequired: text.authentication_required,
  }) as Partial<ServiceProperties>
}

function textOf({ id, type, properties }: ServiceEntity): Readonly<Record<string, unknown>> {
  return {
    id,
    type,
    address: properties.address,
    description: properties.description,
    available: properties.isAvailable,
    destination_collection_required: properties.destinationCollectionRequired,
    accept_all_content: properties.acceptsAllContent,
    supported_content: properties.supportedContent,
    max_result_size: properties.maxResultSize,
    max_result_count: properties.maxResultCount,
    subscription_required: properties.subscriptionRequired,
    advertised_services: properties.advertisedServices,
    authentication_required: properties.authenticationRequired,
  }
}
