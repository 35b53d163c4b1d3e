import type {
  Collection1Options,
  ServiceOptions,
  ServicePaths,
  StatusOptions,
  Taxii1Options,
} from './taxii1-options.ts'
import { labelText } from './taxii1-shelf.ts'
import type { ShelfBlock } from './taxii1-shelf.ts'
import { markupWriter, stix111, wireOf } from './taxii1-wire.ts'
import type { Markup, MarkupWriter, Taxii1Version } from './taxii1-wire.ts'

/** What messages of one version are written with. */
export interface Scribe {
  readonly version: Taxii1Version
  readonly write: MarkupWriter
  /** A whole document: the root element with name space and ids, after the XML declaration. */
  document(
    name: string,
    inResponseTo: string,
    attributes: Readonly<Record<string, string | number | boolean | undefined>>,
    children: readonly (Markup | undefined)[],
  ): Buffer
}

/** Makes the scribe of one version. */
export function createScribe(version: Taxii1Version, options: Taxii1Options): Scribe {
  const prefix = options.prefix ?? 'taxii'
  const write = markupWriter(prefix, options.pretty ?? false)
  let messages = 0
  return {
    version,
    write,
    document(name, inResponseTo, attributes, children) {
      const ids = { message_id: String(++messages), in_response_to: inResponseTo }
      const space = { [prefix ? `xmlns:${prefix}` : 'xmlns']: wireOf[version].namespace }
      const root = write(name, { ...space, ...ids, ...attributes }, ...children)
      return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${root.xml}`)
    },
  }
}

/** @see TAXII 1.1 Services Specification, 4.4.1; in 1.0 the detail is plain text */
export function statusMessage(scribe: Scribe, inResponseTo: string, status: StatusOptions): Buffer {
  const { write, version } = scribe
  const details = Object.entries(status.details ?? {}).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((each) => ({ name, value: each })),
  )
  const detail =
    details.length === 0
      ? undefined
      : version === '1.0'
        ? write('Status_Detail', {}, details.map(({ value }) => value).join(' '))
        : write('Status_Detail', {}, ...details.map(({ name, value }) => write('Detail', { name }, value)))
  const message = status.message === undefined ? undefined : write('Message', {}, status.message)
  return scribe.document('Status_Message', inResponseTo, { status_type: status.type }, [detail, message])
}

/** @see TAXII 1.1 Services Specification, 4.4.3 */
export function discoveryResponse(scribe: Scribe, inResponseTo: string, services: readonly ServiceOptions[]): Buffer {
  const { write } = scribe
  const instances = services.map((service) => {
    const served = service.version ?? scribe.version
    return write(
      'Service_Instance',
      {
        service_type: service.type,
        service_version: wireOf[served].services,
        available: service.available,
      },
      write('Protocol_Binding', {}, protocolOf(service.address)),
      write('Address', {}, service.address),
      write('Message_Binding', {}, wireOf[served].message),
      service.message === undefined ? undefined : write('Message', {}, service.message),
    )
  })
  return scribe.document('Discovery_Response', inResponseTo, {}, instances)
}

const protocolOf = (address: string): string =>
  `urn:taxii.mitre.org:protocol:${address.startsWith('https:') ? 'https' : 'http'}:1.0`

/** @see TAXII 1.1 Services Specification, 4.4.5; TAXII 1.0, 3.4.5 */
export function collectionResponse(
  scribe: Scribe,
  inResponseTo: string,
  collections: readonly Collection1Options[],
  addresses: Partial<ServicePaths>,
): Buffer {
  const { write, version } = scribe
  const service = (name: string, address: string | undefined): Markup | undefined =>
    address === undefined
      ? undefined
      : write(
          name,
          {},
          write('Protocol_Binding', {}, protocolOf(address)),
          write('Address', {}, address),
          write('Message_Binding', {}, wireOf[version].message),
        )
  const records = collections.map((collection) => {
    const bindings = collection.bindings ?? [stix111]
    const common = [
      write('Description', {}, collection.description ?? collection.name),
      version === '1.1' && collection.volume !== undefined
        ? write('Collection_Volume', {}, String(collection.volume))
        : undefined,
      ...bindings.map((binding) => bindingMarkup(scribe, binding)),
      service('Polling_Service', addresses.poll),
      service('Subscription_Service', addresses.subscription),
    ]
    if (version === '1.0')
      return write('Feed', { feed_name: collection.name, available: collection.available }, ...common)
    const type = collection.type === 'set' ? 'DATA_SET' : undefined
    const inbox = collection.receives ? service('Receiving_Inbox_Service', addresses.inbox) : undefined
    const attributes = { collection_name: collection.name, collection_type: type, available: collection.available }
    return write('Collection', attributes, ...common, inbox)
  })
  const name = version === '1.0' ? 'Feed_Information_Response' : 'Collection_Information_Response'
  return scribe.document(name, inResponseTo, {}, records)
}

/** A binding, as 1.0 (text) or 1.1 (attribute, subtype inside) writes it. */
export function bindingMarkup({ write, version }: Scribe, binding: string, subtype?: string): Markup {
  if (version === '1.0') return write('Content_Binding', {}, binding)
  const inside = subtype === undefined ? undefined : write('Subtype', { subtype_id: subtype })
  return write('Content_Binding', { binding_id: binding }, inside)
}

/** What one answer to a poll says. */
export interface PollAnswer {
  readonly collection: Collection1Options
  readonly subscriptionId?: string | undefined
  readonly begin?: string | undefined
  readonly end?: string | undefined
  readonly count?: number | undefined
  readonly countIsPartial?: boolean | undefined
  readonly blocks: readonly ShelfBlock[]
  readonly more?: boolean | undefined
  readonly resultId?: string | undefined
  readonly part?: number | undefined
}

/** @see TAXII 1.1 Services Specification, 4.4.9; TAXII 1.0, 3.4.9 */
export function pollResponse(scribe: Scribe, inResponseTo: string, answer: PollAnswer, options: Taxii1Options): Buffer {
  const { write, version } = scribe
  const old = version === '1.0'
  const label = options.writeLabel ?? ((stamp: string) => stamp)
  const stamp = (name: string, value: string | undefined): Markup | undefined =>
    value === undefined ? undefined : write(name, {}, label(value))
  const beginName = old || options.inclusiveBegin ? 'Inclusive_Begin_Timestamp' : 'Exclusive_Begin_Timestamp'
  const counted = answer.count !== undefined && !old
  const children = [
    !old && answer.subscriptionId !== undefined ? write('Subscription_ID', {}, answer.subscriptionId) : undefined,
    stamp(beginName, answer.begin),
    stamp('Inclusive_End_Timestamp', answer.end),
    counted
      ? write('Record_Count', { partial_count: answer.countIsPartial || undefined }, String(answer.count))
      : undefined,
    ...answer.blocks.map((block) => blockMarkup(scribe, block, label)),
  ]
  const attributes = old
    ? { feed_name: answer.collection.name, subscription_id: answer.subscriptionId }
    : {
        collection_name: answer.collection.name,
        more: answer.more,
        result_id: answer.resultId,
        result_part_number: answer.part,
      }
  return scribe.document('Poll_Response', inResponseTo, attributes, children)
}

function blockMarkup(scribe: Scribe, block: ShelfBlock, label: (stamp: string) => string): Markup {
  const { write, version } = scribe
  const { input } = block
  const shown = input.label === null ? undefined : label(input.label ?? labelText(block.label))
  return write(
    'Content_Block',
    {},
    bindingMarkup(scribe, block.binding, input.subtype),
    write('Content', {}, input.form === 'text' ? input.content : { xml: input.content }),
    shown === undefined ? undefined : write('Timestamp_Label', {}, shown),
    input.message === undefined || version === '1.0' ? undefined : write('Message', {}, input.message),
    input.padding === undefined ? undefined : write('Padding', {}, input.padding),
  )
}
