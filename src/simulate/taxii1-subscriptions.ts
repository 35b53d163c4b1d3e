import { bindingMarkup } from './taxii1-messages.ts'
import type { Scribe } from './taxii1-messages.ts'
import type { StatusOptions } from './taxii1-options.ts'
import type { PollParameters } from './taxii1-polls.ts'
import { childOf, textOf, wireOf } from './taxii1-wire.ts'
import type { WireElement } from './taxii1-wire.ts'

interface Subscription {
  readonly id: string
  readonly collection: string
  readonly parameters: Omit<PollParameters, 'subscriptionId'>
  state: 'ACTIVE' | 'PAUSED' | 'UNSUBSCRIBED'
}

/** Who subscribed to what. @see TAXII 1.1 Services Specification, 4.4.6 and 4.4.7 */
export function createSubscriptionBook() {
  const known = new Map<string, Subscription>()

  const subscribe = (collection: string, parameters: Subscription['parameters']): Subscription => {
    const wanted = JSON.stringify(parameters)
    const same = [...known.values()].find(
      (each) => each.collection === collection && JSON.stringify(each.parameters) === wanted,
    )
    if (same && same.state !== 'UNSUBSCRIBED') return same
    const made: Subscription = {
      id: `urn:subscription:${known.size + 1}`,
      collection,
      parameters,
      state: 'ACTIVE',
    }
    known.set(made.id, made)
    return made
  }

  return {
    find: (id: string): Subscription | undefined => known.get(id),
    /** Does what the request asks; answers the instances to tell, or a status. */
    act(request: WireElement, collection: string): readonly Subscription[] | StatusOptions {
      const { action = '' } = request.attributes
      const id = request.attributes.subscription_id ?? textOf(request, 'Subscription_ID')
      if (action === 'SUBSCRIBE') return [subscribe(collection, readParameters(request, 'Subscription_Parameters'))]
      const mine = [...known.values()].filter((each) => each.collection === collection)
      if (action === 'STATUS' && id === undefined) return mine
      const one = mine.find((each) => each.id === id)
      if (action === 'UNSUBSCRIBE') {
        if (one) one.state = 'UNSUBSCRIBED'
        return [one ?? { id: id ?? '', collection, parameters: noParameters, state: 'UNSUBSCRIBED' }]
      }
      if (!one) return { type: 'NOT_FOUND', details: { ITEM: id ?? '' } }
      if (action === 'PAUSE') one.state = 'PAUSED'
      else if (action === 'RESUME') one.state = 'ACTIVE'
      else if (action !== 'STATUS') return { type: 'BAD_MESSAGE', message: `unknown action ${action}` }
      return [one]
    },
  }
}

const noParameters = { bindings: [], countOnly: false }

/** Poll or subscription parameters of a request; 1.0 has its bindings directly in it. */
export function readParameters(request: WireElement, name: string): Omit<PollParameters, 'subscriptionId'> {
  const holder = childOf(request, name) ?? request
  const bindings = holder.children.filter((child) => child.name === 'Content_Binding')
  return {
    bindings: bindings.map((binding) => binding.attributes.binding_id ?? binding.text.trim()),
    countOnly: textOf(holder, 'Response_Type') === 'COUNT_ONLY',
    query: childOf(holder, 'Query')?.inner,
  }
}

/** @see TAXII 1.1 Services Specification, 4.4.7; TAXII 1.0, 3.4.7 */
export function subscriptionResponse(
  scribe: Scribe,
  inResponseTo: string,
  collection: string,
  subscriptions: readonly Subscription[],
  pollAddress: string,
): Buffer {
  const { write, version } = scribe
  const protocol = `urn:taxii.mitre.org:protocol:${pollAddress.startsWith('https:') ? 'https' : 'http'}:1.0`
  const poll = write(
    'Poll_Instance',
    {},
    write('Protocol_Binding', {}, protocol),
    write('Address', {}, pollAddress),
    write('Message_Binding', {}, wireOf[version].message),
  )
  const told = subscriptions.map((each) => {
    if (version === '1.0') return write('Subscription', { subscription_id: each.id }, poll)
    const parameters = write(
      'Subscription_Parameters',
      {},
      write('Response_Type', {}, each.parameters.countOnly ? 'COUNT_ONLY' : 'FULL'),
      ...each.parameters.bindings.map((binding) => bindingMarkup(scribe, binding)),
    )
    return write('Subscription', { status: each.state }, write('Subscription_ID', {}, each.id), parameters, poll)
  })
  const attributes = version === '1.0' ? { feed_name: collection } : { collection_name: collection }
  return scribe.document('Subscription_Management_Response', inResponseTo, attributes, told)
}
