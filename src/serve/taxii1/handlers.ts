import type { ServiceType } from '../taxii1-persistence.ts'
import { answerCollections } from './collections.ts'
import type { ContentForms } from './content-form.ts'
import { answerDiscovery } from './discovery.ts'
import { answerFulfilment } from './fulfilment.ts'
import { answerInbox } from './inbox.ts'
import { answerPoll } from './poll.ts'
import { badMessage, Refusal } from './refusal.ts'
import { answerSubscription } from './subscriptions.ts'
import type { Reply, Visit } from './visit.ts'

type Handler = (visit: Visit, forms: ContentForms) => Promise<Reply>

/** Requests by the type of service that answers them. */
const handlers: Readonly<Record<ServiceType, Readonly<Record<string, Handler>>>> = {
  discovery: { Discovery_Request: answerDiscovery },
  'collection-management': {
    Collection_Information_Request: answerCollections,
    Feed_Information_Request: answerCollections,
    Subscription_Management_Request: answerSubscription,
  },
  poll: { Poll_Request: answerPoll, Poll_Fulfillment: answerFulfilment },
  inbox: { Inbox_Message: answerInbox },
}

/** Requests that only one of the versions has. */
const versionOf: Readonly<Record<string, '1.0' | '1.1'>> = {
  Collection_Information_Request: '1.1',
  Feed_Information_Request: '1.0',
  Poll_Fulfillment: '1.1',
}

/**
 * Answers a message at its service.
 * @throws Refusal BAD_MESSAGE for a message that this service or version does not have, and all that the handlers throw
 */
export async function answer(visit: Visit, forms: ContentForms): Promise<Reply> {
  const { message, service } = visit
  const { name } = message.root
  const own = handlers[service.type]
  const handler = Object.hasOwn(own, name) ? own[name] : undefined
  const version = Object.hasOwn(versionOf, name) ? versionOf[name] : undefined
  if (!handler || (version !== undefined && version !== message.wire.version)) {
    throw badMessage(`This service does not answer this message in TAXII ${message.wire.version}`)
  }
  // Parts are nothing that 1.0 could tell of.
  if (name === 'Poll_Fulfillment' && visit.wire.version === '1.0') throw new Refusal('UNSUPPORTED_MESSAGE')
  return handler(visit, forms)
}
