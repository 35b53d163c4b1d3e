import { isWelcome, rights1 } from '../rights.ts'
import type { Rights } from '../rights.ts'
import type { ServiceEntity, Taxii1Collection } from '../taxii1-persistence.ts'
import { notFound, Refusal } from './refusal.ts'
import type { Visit } from './visit.ts'

/** What the access rules look at. */
export type Visitor = Pick<Visit, 'parts' | 'principal' | 'service'>

/**
 * Lets a request in, or refuses it: wrong credentials everywhere; missing ones where the service needs an account. A service
 * that says nothing needs none while anybody may read, or where one of its collections is public.
 * @throws Refusal of `unauthorized_status`; RETRY with HTTP 429 after too many wrong passwords
 */
export async function admit(visitor: Visitor): Promise<void> {
  const { parts, principal, service } = visitor
  if (principal.kind === 'account') return
  if (principal.kind === 'limited') throw limited(principal.retryAfterSeconds)
  if (principal.kind === 'refused') throw unauthorized(visitor)
  const needed = service.properties.authenticationRequired
  if (needed === false || (needed === undefined && isWelcome(principal, parts.settings.anonymousReading))) return
  if (needed === undefined && (await hasPublic(visitor))) return
  throw unauthorized(visitor)
}

async function hasPublic({ parts, service }: Visitor): Promise<boolean> {
  const collections = await parts.taxii1.getCollections(service.type === 'discovery' ? undefined : service.id)
  return collections.some(({ isPublic }) => isPublic)
}

function limited(seconds: number): Refusal {
  return new Refusal('RETRY', {
    message: 'Too many wrong passwords; try again later',
    details: { ESTIMATED_WAIT: [String(seconds)] },
    httpStatus: 429,
    headers: { 'retry-after': String(seconds) },
  })
}

/** A request without content is small. */
const maxRequestBytes = 1024 * 1024

/** How much of a body is taken from this visitor: content from whoever may write some, at an inbox only. */
export async function maxBodyBytes(visitor: Visitor): Promise<number> {
  const { parts, service } = visitor
  const { maxContentLength } = parts.settings.taxii1
  const usual = Math.min(maxRequestBytes, maxContentLength)
  if (service.type !== 'inbox') return usual
  const collections = await parts.taxii1.getCollections(service.id)
  return collections.some((each) => rightsAt(visitor, each).canWrite) ? maxContentLength : usual
}

/** For who has no rights, or has not said who they are. */
export function unauthorized({ parts, principal }: Visitor): Refusal {
  const message = principal.kind === 'account' ? 'This account may not do that' : 'The right credentials are needed'
  return new Refusal(parts.settings.taxii1.unauthorizedStatus, { message })
}

/**
 * Rights at this service. One that is said to need no account gives them to everybody for its collections, as OpenTAXII's
 * `authentication_required: no` does.
 */
export function rightsAt({ parts, principal, service }: Visitor, collection: Taxii1Collection): Rights {
  const rights = rights1(principal, collection, parts.settings.anonymousReading)
  const isOpen = isOpenService(service) && principal.kind !== 'refused' && principal.kind !== 'limited'
  return isOpen ? { canRead: true, canWrite: collection.isWritable } : rights
}

function isOpenService({ properties }: ServiceEntity): boolean {
  return properties.authenticationRequired === false
}

/**
 * A collection of this service that may be read. One that is not there and one that is not theirs look the same.
 * @throws Refusal NOT_FOUND; for somebody without an account, that one is needed
 */
export async function readableCollection(visitor: Visitor, name: string): Promise<Taxii1Collection> {
  const collection = await visitor.parts.taxii1.getCollection(name, visitor.service.id)
  if (collection && rightsAt(visitor, collection).canRead) return collection
  throw visitor.principal.kind === 'anonymous' && !mayReadAll(visitor) ? unauthorized(visitor) : notFound(name)
}

function mayReadAll({ parts, principal, service }: Visitor): boolean {
  return isOpenService(service) || isWelcome(principal, parts.settings.anonymousReading)
}
