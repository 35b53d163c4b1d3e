import type { ServiceEntity } from '../taxii1-persistence.ts'

/** The services that are there without being made. Changed or removed, they are remembered so. */
export const defaultServices: readonly ServiceEntity[] = (
  [
    ['discovery', 'What this server offers'],
    ['collection-management', 'Its collections, and subscriptions to them'],
    ['poll', 'Content of its collections'],
    ['inbox', 'Where content can be sent'],
  ] as const
).map(([type, description]) => ({
  id: type,
  type,
  properties: { address: `/services/${type}`, description, isAvailable: true },
}))
