import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'
import type { Subscription, SubscriptionAction, Taxii1Operations } from '../client.ts'
import type { Directory } from './directory.ts'
import { ask, expectRoot } from './exchange.ts'
import type { Link } from './link.ts'
import { subscriptionRequest } from './requests.ts'
import { attributeOf, childrenNamed, textOf } from './xml-node.ts'
import type { XmlNode } from './xml-node.ts'

type SubscriptionRequest = Parameters<Taxii1Operations['subscription']>[1]

/**
 * One subscription management exchange, sent once.
 * @throws TAXII_SUBSCRIPTION_ACTION (usage) for pause and resume in 1.0, TAXII_SUBSCRIPTION_ID (usage) where an id is needed,
 *   TAXII_SUBSCRIPTIONS_UNKNOWN (not-found), TAXII_STATUS
 * @see TAXII 1.1 Services Specification, 4.4.6 and 4.4.7; TAXII 1.0 Services Specification, 3.4.6
 */
export async function manageSubscription(
  link: Link,
  directory: Directory,
  action: SubscriptionAction,
  request: SubscriptionRequest,
  signal?: AbortSignal,
): Promise<readonly Subscription[]> {
  checkAction(link, action, request)
  const address = await managerAddress(link, directory, request, signal)
  const write = subscriptionRequest(link.wire, {
    action,
    collection: request.collection,
    id: request.id,
    bindings: request.contentBindings ?? [],
    responseType: request.responseType,
    query: request.query,
  })
  // Subscribing twice gives the same id and unsubscribing the unknown succeeds, but not every server keeps to that.
  const answer = await ask(link, { address, write, signal, repeatable: action === 'status' })
  const what = `The request to ${action === 'status' ? 'show subscriptions of' : action} "${printable(request.collection)}"`
  const root = expectRoot(link, answer, 'Subscription_Management_Response', what)
  return childrenNamed(root, 'Subscription').flatMap((node) => subscriptionOf(node, request.collection, action))
}

function checkAction(link: Link, action: SubscriptionAction, request: SubscriptionRequest): void {
  if (link.wire.version === '1.0' && (action === 'pause' || action === 'resume')) {
    throw new StixTaxiiError('TAXII_SUBSCRIPTION_ACTION', `TAXII 1.0 has no "${action}" for subscriptions`, {
      kind: 'usage',
      hint: 'Use subscribe, unsubscribe or status.',
    })
  }
  if (request.id === undefined && (action === 'unsubscribe' || action === 'pause' || action === 'resume')) {
    throw new StixTaxiiError('TAXII_SUBSCRIPTION_ID', `A subscription id is needed to ${action}`, {
      kind: 'usage',
      hint: 'See the ids with: stixtaxii subscription status',
    })
  }
}

async function managerAddress(
  link: Link,
  directory: Directory,
  request: SubscriptionRequest,
  signal?: AbortSignal,
): Promise<URL> {
  if (request.address !== undefined) return directory.resolve(request.address)
  const entry = (await directory.entries(signal)).find(({ collection }) => collection.id === request.collection)
  const own = entry?.collection.subscriptionAddresses[0]
  if (own !== undefined) return new URL(own)
  const [manager] = await directory.addresses('collection-management', signal)
  if (manager) return manager
  const message = `${link.settings.url.host} names no address for subscriptions to "${printable(request.collection)}"`
  throw (
    directory.refusal() ??
    new StixTaxiiError('TAXII_SUBSCRIPTIONS_UNKNOWN', message, {
      kind: 'not-found',
      hint: 'Many servers have no subscriptions: poll instead.',
    })
  )
}

/** ACTIVE also when the status is absent; 1.0 has no status, and its answer to UNSUBSCRIBE means what it says. */
function subscriptionOf(node: XmlNode, collection: string, action: SubscriptionAction): Subscription[] {
  const id = textOf(node, 'Subscription_ID') ?? attributeOf(node, 'subscription_id')
  if (id === undefined) return []
  const written = attributeOf(node, 'status')
  const absent = action === 'unsubscribe' ? 'unsubscribed' : 'active'
  const status = written === 'PAUSED' ? 'paused' : written === 'UNSUBSCRIBED' ? 'unsubscribed' : undefined
  return [{ id, collection, status: status ?? (written === undefined ? absent : 'active') }]
}
