import { isDeepStrictEqual } from 'node:util'
import { attributeOf, childNamed, textOf } from '../../taxii/v1/xml-node.ts'
import type { XmlNode } from '../../taxii/v1/xml-node.ts'
import { textElement } from '../../taxii/v1/xml-writer.ts'
import type { XmlElement } from '../../taxii/v1/xml-writer.ts'
import { isWelcome } from '../rights.ts'
import type { SubscriptionEntity, Taxii1Collection } from '../taxii1-persistence.ts'
import { readableCollection, unauthorized } from './access.ts'
import { contactElements, contactsOf } from './contacts.ts'
import { bindingElement, readBindings, supportedOf } from './content-bindings.ts'
import { collectionNamed, readParameters } from './poll-request.ts'
import type { Parameters } from './poll-request.ts'
import { badMessage, notFound, Refusal } from './refusal.ts'
import type { Message, Reply, Visit } from './visit.ts'
import { auditFields, ownerOf } from './visit.ts'
import { answerMessage } from './write-message.ts'

const actions = {
  '1.0': ['SUBSCRIBE', 'UNSUBSCRIBE', 'STATUS'],
  '1.1': ['SUBSCRIBE', 'UNSUBSCRIBE', 'PAUSE', 'RESUME', 'STATUS'],
}

type Told = Pick<SubscriptionEntity, 'id' | 'status' | 'responseType' | 'contentBindings'>

/**
 * Makes, ends, pauses, resumes or shows subscriptions of the account that asks.
 * @throws Refusal NOT_FOUND, UNSUPPORTED_CONTENT, UNSUPPORTED_QUERY, UNSUPPORTED_PROTOCOL, BAD_MESSAGE
 * @see TAXII 1.1 Services Specification, 4.4.6 and 4.4.7; TAXII 1.0, 3.4.6
 */
export async function answerSubscription(visit: Visit): Promise<Reply> {
  const { wire, root } = visit.message
  const action = attributeOf(root, 'action') ?? ''
  if (!actions[wire.version].includes(action)) throw badMessage('The action is not one of this version')
  const collection = await readableCollection(visit, collectionNamed(root, wire.nameAttribute))
  // Whoever is nobody could fill the store with subscriptions that nobody can find again.
  if (!isWelcome(visit.principal, visit.parts.settings.anonymousReading)) throw unauthorized(visit)
  const told = action === 'SUBSCRIBE' ? [await subscribe(visit, collection)] : await change(visit, collection, action)
  visit.parts.log.audit('taxii1-subscription', {
    ...auditFields(visit),
    collection: collection.name,
    action,
  })
  return responseOf(visit, collection, told)
}

/** Of one account at one service, ended ones too: each is kept for good. */
const maxSubscriptions = 1000

async function subscribe(visit: Visit, collection: Taxii1Collection): Promise<Told> {
  const { taxii1, signals } = visit.parts
  const { bindings, countOnly } = readSubscriptionParameters(visit.message)
  const responseType = countOnly ? 'COUNT_ONLY' : 'FULL'
  const contentBindings = supportedOf(collection, bindings)
  const same = (await subscriptionsTo(visit, collection)).find(
    (each) => each.responseType === responseType && isDeepStrictEqual(each.contentBindings, contentBindings),
  )
  if (same) return same
  await refuseMany(visit, { collectionId: collection.id, responseType, contentBindings })
  const wanted = { serviceId: visit.service.id, collectionId: collection.id, responseType, contentBindings } as const
  const made = await taxii1.createSubscription({ ...wanted, status: 'ACTIVE', account: ownerOf(visit) })
  const subscription = made.status === 'ACTIVE' ? made : await taxii1.updateSubscription({ ...made, status: 'ACTIVE' })
  const account = visit.principal.kind === 'account' ? visit.principal.account : undefined
  signals.emit('SUBSCRIPTION_CREATED', { subscription, account })
  return subscription
}

async function refuseMany(
  visit: Visit,
  wanted: Pick<SubscriptionEntity, 'collectionId' | 'responseType' | 'contentBindings'>,
): Promise<void> {
  const all = await visit.parts.taxii1.getSubscriptions(visit.service.id)
  const own = all.filter(({ account }) => account === ownerOf(visit))
  const isAgain = own.some(({ collectionId, responseType, contentBindings }) =>
    isDeepStrictEqual({ collectionId, responseType, contentBindings }, wanted),
  )
  if (own.length < maxSubscriptions || isAgain) return
  throw new Refusal('FAILURE', { message: `There are ${maxSubscriptions} subscriptions of this account already` })
}

/** Where content should be pushed to, in 1.1 and in 1.0. We do not push: who relies on it would wait for ever. */
const pushElements = ['Push_Parameters', 'Delivery_Parameters']

function readSubscriptionParameters({ wire, root }: Message): Parameters {
  const push = pushElements.map((name) => childNamed(root, name)).find((element) => element !== undefined)
  if (push && textOf(push, 'Address') !== undefined) {
    throw new Refusal('UNSUPPORTED_PROTOCOL', {
      message: 'Nothing is pushed from here: subscribe without an address, and poll',
    })
  }
  if (wire.version === '1.1') return readParameters(childNamed(root, 'Subscription_Parameters'))
  return { bindings: readBindings(push ?? root), countOnly: false }
}

async function change(visit: Visit, collection: Taxii1Collection, action: string): Promise<readonly Told[]> {
  const id = idNamed(visit.message.root)
  if (id === undefined) {
    if (action === 'STATUS') return subscriptionsTo(visit, collection)
    throw badMessage('A Subscription_ID is wanted')
  }
  const found = await ownSubscription(visit, id, collection)
  if (!found && action === 'UNSUBSCRIBE')
    return [{ id, status: 'UNSUBSCRIBED', responseType: 'FULL', contentBindings: [] }]
  if (!found) throw notFound(id)
  if (action === 'STATUS') return [found]
  const status = action === 'PAUSE' ? 'PAUSED' : action === 'RESUME' ? 'ACTIVE' : 'UNSUBSCRIBED'
  return [found.status === status ? found : await visit.parts.taxii1.updateSubscription({ ...found, status })]
}

function idNamed(root: XmlNode): string | undefined {
  return textOf(root, 'Subscription_ID') ?? attributeOf(root, 'subscription_id')
}

/** What the requester has subscribed to of this collection. @see TAXII 1.1 Services Specification, 4.4.6.1 */
async function subscriptionsTo(visit: Visit, collection: Taxii1Collection): Promise<readonly SubscriptionEntity[]> {
  const all = await visit.parts.taxii1.getSubscriptions(visit.service.id)
  return all.filter((each) => isTheirs(visit, each, collection))
}

/** A subscription of whoever asks, to this collection, that has not ended; undefined also for somebody else's. */
export async function ownSubscription(
  visit: Visit,
  id: string,
  collection: Taxii1Collection,
): Promise<SubscriptionEntity | undefined> {
  const found = await visit.parts.taxii1.getSubscription(id)
  return found && isTheirs(visit, found, collection) ? found : undefined
}

function isTheirs(
  visit: Visit,
  { account, collectionId, status }: SubscriptionEntity,
  collection: Taxii1Collection,
): boolean {
  return account === ownerOf(visit) && collectionId === collection.id && status !== 'UNSUBSCRIBED'
}

async function responseOf(visit: Visit, collection: Taxii1Collection, told: readonly Told[]): Promise<Reply> {
  const { wire, message, parts } = visit
  const polls = (await parts.taxii1.getServices(collection.id)).filter(({ type }) => type === 'poll')
  const contacts = (await Promise.all(polls.map((service) => contactsOf(visit, service)))).flat()
  const instances = contacts.map((contact) => ({ name: 'Poll_Instance', children: contactElements(contact) }))
  const children = told.map((each): XmlElement => {
    if (wire.version === '1.0')
      return { name: 'Subscription', attributes: { subscription_id: each.id }, children: instances }
    const parameters = {
      name: 'Subscription_Parameters',
      children: [
        textElement('Response_Type', each.responseType),
        ...each.contentBindings.map((binding) => bindingElement(wire, binding)),
      ],
    }
    return {
      name: 'Subscription',
      attributes: { status: each.status },
      children: [textElement('Subscription_ID', each.id), parameters, ...instances],
    }
  })
  const attributes = { [wire.nameAttribute]: collection.name }
  return { body: answerMessage(wire, 'Subscription_Management_Response', message.id, { attributes, children }) }
}
