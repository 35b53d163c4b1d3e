import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'

/** What a persistence refuses, in the same words for every implementation of ours. */

export function collectionUnknown(id: string): StixTaxiiError {
  return new StixTaxiiError('SERVE_COLLECTION_UNKNOWN', `There is no collection "${shown(id)}"`, {
    kind: 'not-found',
    hint: 'See what is served with: stixtaxii server collection list',
  })
}

export function collectionExists(what: string, value: string): StixTaxiiError {
  return new StixTaxiiError('SERVE_COLLECTION_EXISTS', `Another collection has the ${what} "${shown(value)}"`, {
    kind: 'conflict',
    hint: 'Names are unique in the whole server, aliases within their API root.',
  })
}

export function collectionReadOnly(name: string): StixTaxiiError {
  return new StixTaxiiError('SERVE_COLLECTION_READ_ONLY', `Nothing can be added to or removed from "${shown(name)}"`, {
    kind: 'refused',
    hint: 'It shows what was fetched. Make a collection with storage of its own: stixtaxii server collection create',
  })
}

export function collectionAutomatic(name: string): StixTaxiiError {
  return new StixTaxiiError('SERVE_COLLECTION_AUTOMATIC', `"${shown(name)}" is there because it was fetched`, {
    kind: 'refused',
    hint: 'It goes with what was fetched: see stixtaxii store prune --all',
  })
}

export function apiRootUnknown(id: string): StixTaxiiError {
  return new StixTaxiiError('SERVE_API_ROOT_UNKNOWN', `There is no API root "${shown(id)}"`, {
    kind: 'not-found',
    hint: 'See what is served with: stixtaxii server api-root list',
  })
}

export function apiRootExists(id: string): StixTaxiiError {
  return new StixTaxiiError('SERVE_API_ROOT_EXISTS', `There is an API root "${shown(id)}" already`, {
    kind: 'conflict',
    hint: `Take another id, or change that one: stixtaxii server api-root edit ${shown(id)}`,
  })
}

export function apiRootName(id: string): StixTaxiiError {
  return new StixTaxiiError('SERVE_API_ROOT_NAME', `"${shown(id)}" cannot be the id of an API root`, {
    kind: 'usage',
    hint: `It stands in paths: 1 to 64 of a-z, 0-9, "-", "_" and ".", with a letter or digit first, and none of ${reservedRoots.join(', ')}.`,
  })
}

/** First parts of paths that are the server's own. */
export const reservedRoots: readonly string[] = [
  'services',
  'management',
  'taxii',
  'taxii2',
  'web',
  'metrics',
  'health',
]

export function serviceUnknown(id: string): StixTaxiiError {
  return new StixTaxiiError('SERVE_SERVICE_UNKNOWN', `There is no service "${shown(id)}"`, { kind: 'not-found' })
}

export function subscriptionUnknown(id: string): StixTaxiiError {
  return new StixTaxiiError('SERVE_SUBSCRIPTION_UNKNOWN', `There is no subscription "${shown(id)}"`, {
    kind: 'not-found',
  })
}

function shown(text: string): string {
  return printable(text, { maxLength: 120 })
}
