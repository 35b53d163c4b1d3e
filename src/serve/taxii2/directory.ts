import { percentEncoded } from '../../core/percent-encoded.ts'
import type { Taxii2Collection } from '../taxii2-persistence.ts'
import type { Rights } from '../rights.ts'
import { isWelcome } from '../rights.ts'
import { reachCollection, reachRoot, unseen, visibleCollections } from './access.ts'
import { answerJson, type Visit } from './answers.ts'
import { contentTypes } from './media-type.ts'
import { mediaType20, mediaTypes21 } from './containers.ts'
import { readItemRange } from './item-range.ts'
import { rangeInvalid } from './refusals.ts'

/** @see TAXII 2.1, 4.1; TAXII 2.0, 4.1 */
export async function getDiscovery(visit: Visit): Promise<Response> {
  const { c, parts, version } = visit
  const { title, description, contact, publicDiscovery } = parts.settings.taxii2
  if (!publicDiscovery && !isWelcome(c.get('principal'), parts.settings.anonymousReading)) throw unseen(visit)
  // Addresses without a host come through every proxy; clients of 2.0 do not all understand them.
  const base = version === '2.0' ? c.get('baseUrl') : ''
  const roots = []
  for (const root of await parts.taxii2.getApiRoots()) {
    if (await visibleCollections(visit, root)) roots.push(root)
  }
  const addressOf = ({ id }: { id: string }): string => `${base}/${percentEncoded(id)}/`
  const preferred = roots.find(({ isDefault }) => isDefault)
  return answerJson(visit, {
    title,
    ...(description !== undefined && { description }),
    ...(contact !== undefined && { contact }),
    ...(preferred && { default: addressOf(preferred) }),
    ...(roots.length > 0 && { api_roots: roots.map(addressOf) }),
  })
}

/** @see TAXII 2.1, 4.2; TAXII 2.0, 4.2 */
export async function getApiRoot(visit: Visit): Promise<Response> {
  const { root } = await reachRoot(visit)
  const { maxContentLength, versions = ['2.1', '2.0'] } = visit.parts.settings.taxii2
  return answerJson(visit, {
    title: root.title,
    ...(root.description !== undefined && { description: root.description }),
    versions: versions.map((version) => (version === '2.0' ? 'taxii-2.0' : contentTypes['2.1'].taxii)),
    max_content_length: maxContentLength,
  })
}

/** @see TAXII 2.1, 5.1; TAXII 2.0, 5.1 */
export async function getCollections(visit: Visit): Promise<Response> {
  const { collections } = await reachRoot(visit)
  const all = collections.map(({ collection, rights }) => collectionResource(visit, collection, rights))
  if (visit.version === '2.1') return answerJson(visit, all.length > 0 ? { collections: all } : {})
  return answerNumbered(visit, all)
}

// 2.0 has item numbers here as well.
function answerNumbered(visit: Visit, all: readonly object[]): Promise<Response> {
  const range = readItemRange(visit.c.req.header('range'))
  const first = range?.first ?? 0
  if (range && first > 0 && first >= all.length) throw rangeInvalid(range.header, all.length)
  const given = all.slice(first, (range?.last ?? all.length) + 1)
  const isPart = range !== undefined && given.length > 0
  return answerJson(visit, given.length > 0 ? { collections: given } : {}, {
    status: isPart ? 206 : 200,
    headers: {
      'accept-ranges': 'items',
      ...(isPart && { 'content-range': `items ${first}-${first + given.length - 1}/${all.length}` }),
    },
  })
}

/** @see TAXII 2.1, 5.2; TAXII 2.0, 5.2 */
export async function getCollection(visit: Visit): Promise<Response> {
  const { collection, rights } = await reachCollection(visit)
  return answerJson(visit, collectionResource(visit, collection, rights))
}

/** A collection as this account sees it. 2.0 knows no alias and its own media type only. */
function collectionResource({ version }: Visit, collection: Taxii2Collection, { canRead, canWrite }: Rights): object {
  const { id, title, description, alias } = collection
  const isNew = version === '2.1'
  return {
    id,
    title,
    ...(description !== undefined && { description }),
    ...(isNew && alias !== undefined && { alias }),
    can_read: canRead,
    can_write: canWrite,
    media_types: isNew ? mediaTypes21(collection) : [mediaType20],
  }
}
