import { toMicroseconds } from '../../core/timestamp.ts'
import { attributeOf, childNamed, textOf } from '../../taxii/v1/xml-node.ts'
import type { XmlNode } from '../../taxii/v1/xml-node.ts'
import type { ContentBindingEntity } from '../taxii1-persistence.ts'
import { readBindings } from './content-bindings.ts'
import { badMessage, Refusal } from './refusal.ts'
import type { Message } from './visit.ts'

/** What is asked for of a collection: by a poll itself, or by a subscription. */
export interface Parameters {
  readonly bindings: readonly ContentBindingEntity[]
  readonly countOnly: boolean
}

export interface PollRequest extends Parameters {
  readonly collection: string
  /** UTC with six digits; exclusive. */
  readonly begin?: string | undefined
  /** Inclusive. */
  readonly end?: string | undefined
  readonly subscriptionId?: string | undefined
}

/**
 * Reads a poll request of either version.
 * @throws Refusal BAD_MESSAGE, UNSUPPORTED_QUERY
 * @see TAXII 1.1 Services Specification, 4.4.8; TAXII 1.0, 3.4.8
 */
export function readPollRequest({ wire, root }: Message): PollRequest {
  const collection = collectionNamed(root, wire.nameAttribute)
  const labels = { begin: label(root, 'Exclusive_Begin_Timestamp'), end: label(root, 'Inclusive_End_Timestamp') }
  if (wire.version === '1.0') {
    const subscriptionId = attributeOf(root, 'subscription_id')
    return { collection, ...labels, subscriptionId, bindings: readBindings(root), countOnly: false }
  }
  const subscriptionId = textOf(root, 'Subscription_ID')
  const own = childNamed(root, 'Poll_Parameters')
  if ((subscriptionId === undefined) === (own === undefined)) {
    throw badMessage('Exactly one of Subscription_ID and Poll_Parameters is wanted')
  }
  return { collection, ...labels, subscriptionId, ...readParameters(own) }
}

/** The collection that a request names. */
export function collectionNamed(root: XmlNode, attribute: string): string {
  const name = attributeOf(root, attribute)
  if (name === undefined) throw badMessage(`The message has no ${attribute}`)
  return name
}

/**
 * Poll or subscription parameters of 1.1; everything where there are none.
 * @throws Refusal UNSUPPORTED_QUERY: a query that is ignored would give what was not asked for
 */
export function readParameters(node: XmlNode | undefined): Parameters {
  if (!node) return { bindings: [], countOnly: false }
  if (childNamed(node, 'Query')) {
    throw new Refusal('UNSUPPORTED_QUERY', { message: 'Queries are not supported: poll without one' })
  }
  const type = textOf(node, 'Response_Type') ?? 'FULL'
  if (type !== 'FULL' && type !== 'COUNT_ONLY') throw badMessage('Response_Type is neither FULL nor COUNT_ONLY')
  return { bindings: readBindings(node), countOnly: type === 'COUNT_ONLY' }
}

function label(root: XmlNode, name: string): string | undefined {
  const text = textOf(root, name)
  if (text === undefined) return undefined
  const stamp = toMicroseconds(text)
  if (stamp === undefined) throw badMessage(`${name} is not a timestamp label with a time zone`)
  return stamp
}
