import type { Discovery, TaxiiClient, TaxiiFeatures } from '../client.ts'
import type { TaxiiDependencies, TaxiiSettings } from '../settings.ts'
import { createDirectory, pollService } from './directory.ts'
import type { Directory } from './directory.ts'
import { pushToInbox } from './inbox.ts'
import { makeLink } from './link.ts'
import type { Link } from './link.ts'
import { count } from './poll-count.ts'
import { unlistedCollection } from './poll-target.ts'
import { poll } from './poll.ts'
import { manageSubscription } from './subscriptions.ts'
import type { Version1 } from './wire.ts'

/**
 * Opens a client for TAXII 1.0 or 1.1; `settings.version` says which, and `auto` means 1.1. Nothing is asked before the
 * first operation. The URL may be that of a discovery, a collection management or a poll service.
 */
export function openTaxii1(
  settings: TaxiiSettings,
  dependencies: TaxiiDependencies,
  signal?: AbortSignal,
): Promise<TaxiiClient> {
  signal?.throwIfAborted()
  const version: Version1 = settings.version === '1.0' ? '1.0' : '1.1'
  const link = makeLink(version, settings, dependencies)
  const directory = createDirectory(link)
  const features: TaxiiFeatures = {
    begin: settings.preset?.ignoresBegin !== true,
    end: true,
    match: false,
    versions: false,
    delete: false,
  }
  return Promise.resolve({
    version,
    features,
    discovery: (inner) => discover(link, directory, inner),
    collections: async (_root, inner) => (await directory.entries(inner)).map(({ collection }) => collection),
    poll: (request, inner) => poll(link, directory, request, inner),
    v1: {
      collection: (name, inner) => unlistedCollection(link, directory, name, inner),
      count: (request, inner) => count(link, directory, request, inner),
      inbox: (blocks, request, inner) => pushToInbox(link, directory, blocks, request, inner),
      subscription: (action, request, inner) => manageSubscription(link, directory, action, request, inner),
    },
  })
}

async function discover(link: Link, directory: Directory, signal?: AbortSignal): Promise<Discovery> {
  const { kind, url, services } = await directory.entrance(signal)
  const itself = { ...pollService(link, url), type: kind }
  return { version: link.wire.version, apiRoots: [], services: kind === 'discovery' ? services : [itself] }
}
