import type { ContentBinding, InboxBlock, SubscriptionAction } from '../client.ts'
import { toMicroseconds } from '../../core/timestamp.ts'
import { defaultQueryFormat } from './wire.ts'
import type { Wire } from './wire.ts'
import { escapeText, embeddable, textElement, writeMessage } from './xml-writer.ts'
import type { XmlElement } from './xml-writer.ts'

/** Makes a request's XML for a message id. */
export type RequestWriter = (messageId: string) => string

export const discoveryRequest =
  (wire: Wire): RequestWriter =>
  (id) =>
    writeMessage(wire, { name: 'Discovery_Request', attributes: { message_id: id } })

export const collectionsRequest =
  (wire: Wire): RequestWriter =>
  (id) =>
    writeMessage(wire, { name: wire.listRequest, attributes: { message_id: id } })

/** What a poll asks for. Labels as they go over the wire. */
export interface PollFields {
  readonly collection: string
  readonly begin?: string | undefined
  readonly end?: string | undefined
  readonly subscriptionId?: string | undefined
  readonly bindings: readonly ContentBinding[]
  readonly query?: string | undefined
  readonly countOnly: boolean
  readonly allowAsynch: boolean
}

/**
 * 1.1: exactly one of subscription id and poll parameters; 1.0: bindings directly, subscription id as an attribute.
 * @see TAXII 1.1 Services Specification, 4.4.8; TAXII 1.0 Services Specification, 3.4.8
 */
export const pollRequest =
  (wire: Wire, fields: PollFields): RequestWriter =>
  (id) => {
    const labels = [
      textElement('Exclusive_Begin_Timestamp', fields.begin),
      textElement('Inclusive_End_Timestamp', fields.end),
    ]
    const attributes = { message_id: id, [wire.nameAttribute]: fields.collection }
    if (wire.version === '1.0') {
      return writeMessage(wire, {
        name: 'Poll_Request',
        attributes: { ...attributes, subscription_id: fields.subscriptionId },
        children: [...labels, ...fields.bindings.map((binding) => bindingElement(wire, binding))],
      })
    }
    const asked = textElement('Subscription_ID', fields.subscriptionId) ?? parametersElement(wire, fields)
    return writeMessage(wire, { name: 'Poll_Request', attributes, children: [...labels, asked] })
  }

function parametersElement(wire: Wire, fields: PollFields): XmlElement {
  return {
    name: 'Poll_Parameters',
    attributes: { allow_asynch: String(fields.allowAsynch) },
    children: [
      { name: 'Response_Type', text: fields.countOnly ? 'COUNT_ONLY' : 'FULL' },
      ...fields.bindings.map((binding) => bindingElement(wire, binding)),
      queryElement(fields.query),
    ],
  }
}

function bindingElement(wire: Wire, { id, subtypes }: ContentBinding): XmlElement {
  if (wire.version === '1.0') return { name: 'Content_Binding', text: id }
  const inside = subtypes.map((subtype) => ({ name: 'Subtype', attributes: { subtype_id: subtype } }))
  return { name: 'Content_Binding', attributes: { binding_id: id }, children: inside }
}

function queryElement(query: string | undefined): XmlElement | undefined {
  return query === undefined ? undefined : { name: 'Query', attributes: { format_id: defaultQueryFormat }, xml: query }
}

/** @see TAXII 1.1 Services Specification, 4.4.11 */
export const fulfilmentRequest =
  (wire: Wire, fields: { collection: string; resultId: string; part: number }): RequestWriter =>
  (id) =>
    writeMessage(wire, {
      name: 'Poll_Fulfillment',
      attributes: {
        message_id: id,
        collection_name: fields.collection,
        result_id: fields.resultId,
        result_part_number: String(fields.part),
      },
    })

export interface InboxFields {
  readonly destinations: readonly string[]
  readonly message?: string | undefined
  readonly blocks: readonly InboxBlock[]
}

/** Content that is XML goes in as it is, anything else as escaped text. 1.0 has no destinations, subtypes or block messages. */
export const inboxMessage =
  (wire: Wire, fields: InboxFields): RequestWriter =>
  (id) => {
    const old = wire.version === '1.0'
    return writeMessage(wire, {
      name: 'Inbox_Message',
      attributes: { message_id: id },
      children: [
        ...fields.destinations.map((name) => textElement('Destination_Collection_Name', name)),
        textElement('Message', fields.message),
        old ? undefined : { name: 'Record_Count', text: String(fields.blocks.length) },
        ...fields.blocks.map((block) => blockElement(wire, block)),
      ],
    })
  }

function blockElement(wire: Wire, block: InboxBlock): XmlElement {
  const subtypes = block.subtype === undefined ? [] : [block.subtype]
  return {
    name: 'Content_Block',
    children: [
      bindingElement(wire, { id: block.binding, subtypes }),
      { name: 'Content', xml: embeddable(block.content) ?? escapeText(block.content) },
      wire.version === '1.0' ? undefined : textElement('Message', block.message),
    ],
  }
}

export interface SubscriptionFields {
  readonly action: SubscriptionAction
  readonly collection: string
  readonly id?: string | undefined
  readonly bindings: readonly ContentBinding[]
  readonly responseType?: 'full' | 'count-only' | undefined
  readonly query?: string | undefined
}

/** Parameters only, and always, with SUBSCRIBE; an id never with it. @see TAXII 1.1 Services Specification, 4.4.6 */
export const subscriptionRequest =
  (wire: Wire, fields: SubscriptionFields): RequestWriter =>
  (id) => {
    const subscribing = fields.action === 'subscribe'
    const named = subscribing ? undefined : fields.id
    const attributes = {
      message_id: id,
      [wire.nameAttribute]: fields.collection,
      action: fields.action.toUpperCase(),
    }
    const name = 'Subscription_Management_Request'
    if (wire.version === '1.0')
      return writeMessage(wire, { name, attributes: { ...attributes, subscription_id: named } })
    const parameters = {
      name: 'Subscription_Parameters',
      children: [
        { name: 'Response_Type', text: fields.responseType === 'count-only' ? 'COUNT_ONLY' : 'FULL' },
        ...fields.bindings.map((binding) => bindingElement(wire, binding)),
        queryElement(fields.query),
      ],
    }
    return writeMessage(wire, {
      name,
      attributes,
      children: [textElement('Subscription_ID', named), subscribing ? parameters : undefined],
    })
  }

/** A stamp as a timestamp label: kept as it is when it has at most six fractional digits, else cut to six. */
export function labelOf(stamp: string): string {
  const text = stamp.trim()
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/.test(text)) return text
  return toMicroseconds(text) ?? text
}
