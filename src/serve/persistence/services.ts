import { randomUUID } from 'node:crypto'
import { serviceRecords, type ServiceState } from '../../store/records/services.ts'
import type { Store } from '../../store/store.ts'
import type { ServiceEntity, ServiceProperties, Taxii1Persistence } from '../taxii1-persistence.ts'
import type { Catalogue } from './catalogue.ts'
import { defaultServices } from './default-services.ts'
import { collectionUnknown, serviceUnknown } from './faults.ts'

type ServiceOperations = Pick<
  Taxii1Persistence,
  'createService' | 'updateService' | 'deleteService' | 'getServices' | 'getService'
>

/** The services of TAXII 1.x: four that are there without being made, and those that were. */
export function storeServices(store: Store, catalogue: Catalogue): ServiceOperations {
  const records = serviceRecords(store.records)

  async function all(): Promise<readonly ServiceEntity[]> {
    const made = await records.list()
    const services = defaultServices.flatMap((service) => serviceOf(service.id, made.get(service.id)) ?? [])
    const others = [...made.keys()].filter((id) => !isDefault(id))
    return [...services, ...others.flatMap((id) => serviceOf(id, made.get(id)) ?? [])]
  }

  async function getService(id: string): Promise<ServiceEntity | undefined> {
    return serviceOf(id, await records.get(id))
  }

  async function put({ id, type, properties }: ServiceEntity): Promise<ServiceEntity> {
    const service = { id, type, properties }
    await records.put(id, service)
    return service
  }

  return {
    getService,
    createService: (service) => put({ ...service, id: service.id ?? randomUUID() }),
    async updateService(service) {
      if (!(await getService(service.id))) throw serviceUnknown(service.id)
      return put(service)
    },
    async deleteService(id) {
      if (!(await getService(id))) return false
      if (!isDefault(id)) return records.remove(id)
      await records.put(id, 'removed')
      return true
    },
    async getServices(collectionId) {
      if (collectionId === undefined) return all()
      const collection = await catalogue.get(collectionId)
      if (!collection) throw collectionUnknown(collectionId)
      const { services } = collection
      return (await all()).filter(({ id }) => services === undefined || services.includes(id))
    },
  }
}

function isDefault(id: string): boolean {
  return defaultServices.some((service) => service.id === id)
}

function serviceOf(id: string, state: ServiceState | undefined): ServiceEntity | undefined {
  if (state === 'removed') return undefined
  if (state === undefined) return defaultServices.find((service) => service.id === id)
  return { id, type: state.type, properties: state.properties as ServiceProperties }
}
