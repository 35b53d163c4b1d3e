import type { ApiRoot, Taxii2Collection } from '../taxii2-persistence.ts'
import { isWelcome, rights2, type Rights } from '../rights.ts'
import type { Visit } from './answers.ts'
import { forbidden, loginNeeded, notFound } from './refusals.ts'

/** What there is and may be seen, with the rights in it. */
export interface Reached {
  readonly collection: Taxii2Collection
  readonly rights: Rights
}

/** The refusal of what is unknown or not to be seen: whoever has not logged in may try that first. */
export function unseen({ c, parts }: Visit): Error {
  const principal = c.get('principal')
  return isWelcome(principal, parts.settings.anonymousReading) ? notFound() : loginNeeded()
}

/**
 * The collection that the path names by id or alias.
 * @throws SERVE_NOT_FOUND or SERVE_LOGIN_NEEDED where it is unknown or without any right; which of them is not told (S18)
 */
export async function reachCollection(visit: Visit): Promise<Reached> {
  const { c, parts } = visit
  const [root = '', name = ''] = [c.req.param('apiRoot'), c.req.param('collection')]
  const collection = await parts.taxii2.getCollection(root, name)
  if (collection === undefined) throw unseen(visit)
  const rights = rightsIn(visit, collection)
  if (!rights.canRead && !rights.canWrite) {
    tellAudit(visit, collection)
    throw unseen(visit)
  }
  return { collection, rights }
}

/** Who tried what they may not; that somebody has yet to log in is nothing to tell. */
function tellAudit({ c, parts }: Visit, { apiRootId, id }: Taxii2Collection): void {
  const principal = c.get('principal')
  if (principal.kind !== 'account') return
  parts.log.audit('taxii2-refused', {
    client: c.get('clientAddress'),
    account: principal.account.username,
    requestId: c.get('requestId'),
    outcome: 'refused',
    apiRoot: apiRootId,
    collection: id,
    method: c.req.method,
  })
}

export function rightsIn({ c, parts }: Visit, collection: Taxii2Collection): Rights {
  return rights2(c.get('principal'), collection, parts.settings.anonymousReading)
}

/** @see TAXII 2.1, 5.4, 5.6 and 5.8 (403 where it can be seen and not read) */
export async function reachToRead(visit: Visit): Promise<Taxii2Collection> {
  const { collection, rights } = await reachCollection(visit)
  if (!rights.canRead) throw notReadable(visit, collection)
  return collection
}

/** @see TAXII 2.1, 5.5 */
export async function reachToWrite(visit: Visit): Promise<Taxii2Collection> {
  const { collection, rights } = await reachCollection(visit)
  if (!rights.canWrite) throw notWritable(visit, collection)
  return collection
}

/** @see TAXII 2.1, 5.7 (deleting needs both rights) */
export async function reachToDelete(visit: Visit): Promise<Taxii2Collection> {
  const { collection, rights } = await reachCollection(visit)
  if (!rights.canWrite) throw notWritable(visit, collection)
  if (!rights.canRead) throw notReadable(visit, collection)
  return collection
}

function notReadable(visit: Visit, collection: Taxii2Collection): Error {
  tellAudit(visit, collection)
  return visit.c.get('principal').kind === 'anonymous' ? loginNeeded() : forbidden('read')
}

// No login would help where nobody can write.
function notWritable(visit: Visit, collection: Taxii2Collection): Error {
  tellAudit(visit, collection)
  const mayHelp = visit.c.get('principal').kind === 'anonymous' && collection.isWritable
  return mayHelp ? loginNeeded() : forbidden('write')
}

/**
 * Collections of a root that may be read or written; undefined where the root itself is not to be seen: it is neither
 * public nor has such a collection.
 */
export async function visibleCollections(visit: Visit, root: ApiRoot): Promise<readonly Reached[] | undefined> {
  const all = await visit.parts.taxii2.getCollections(root.id)
  const seen = all
    .map((collection) => ({ collection, rights: rightsIn(visit, collection) }))
    .filter(({ rights }) => rights.canRead || rights.canWrite)
  return seen.length > 0 || isOpen(visit, root) ? seen : undefined
}

function isOpen({ c, parts }: Visit, root: ApiRoot): boolean {
  const principal = c.get('principal')
  if (root.isPublic) return true
  if (principal.kind === 'account')
    return principal.account.isAdmin || Object.hasOwn(principal.account.permissions.taxii2, '*')
  return isWelcome(principal, parts.settings.anonymousReading)
}

/** The API root that the path names, and what may be seen in it. @throws as `reachCollection` */
export async function reachRoot(visit: Visit): Promise<{ root: ApiRoot; collections: readonly Reached[] }> {
  const root = await visit.parts.taxii2.getApiRoot(visit.c.req.param('apiRoot') ?? '')
  const collections = root && (await visibleCollections(visit, root))
  if (!root || !collections) throw unseen(visit)
  return { root, collections }
}
