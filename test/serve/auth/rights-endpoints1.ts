import { another, type Answer, type Ask, type Visitor } from './a-rights-world.ts'

/** A message of TAXII 1 about one collection. */
export interface Endpoint1 {
  readonly name: string
  readonly version: '1.0' | '1.1'
  readonly service: string
  readonly needs: 'read' | 'write' | 'subscribe'
  readonly body: (name: string) => string
}

const stix1 = '<s:STIX_Package xmlns:s="http://stix.mitre.org/stix-1"/>'
const block = (version: string) =>
  version === '1.1'
    ? `<Content_Block><Content_Binding binding_id="urn:stix.mitre.org:xml:1.1.1"/><Content>${stix1}</Content></Content_Block>`
    : `<Content_Block><Content_Binding>urn:stix.mitre.org:xml:1.1.1</Content_Binding><Content>${stix1}</Content></Content_Block>`
/** A message of 1.1, and the same in 1.0. */
export const in11 = (element: string, attributes: string, inside = '') =>
  `<${element} xmlns="http://taxii.mitre.org/messages/taxii_xml_binding-1.1" message_id="${another()}" ${attributes}>${inside}</${element}>`
export const in10 = (element: string, attributes: string, inside = '') =>
  in11(element, attributes, inside).replace('binding-1.1', 'binding-1')

/** All that are tried. */
export const endpoints1: readonly Endpoint1[] = [
  {
    name: 'poll',
    version: '1.1',
    service: 'poll',
    needs: 'read',
    body: (name) =>
      in11(
        'Poll_Request',
        `collection_name="${name}"`,
        '<Poll_Parameters><Response_Type>FULL</Response_Type></Poll_Parameters>',
      ),
  },
  {
    name: 'count',
    version: '1.1',
    service: 'poll',
    needs: 'read',
    body: (name) =>
      in11(
        'Poll_Request',
        `collection_name="${name}"`,
        '<Poll_Parameters><Response_Type>COUNT_ONLY</Response_Type></Poll_Parameters>',
      ),
  },
  {
    name: 'inbox',
    version: '1.1',
    service: 'inbox',
    needs: 'write',
    body: (name) =>
      in11('Inbox_Message', '', `<Destination_Collection_Name>${name}</Destination_Collection_Name>${block('1.1')}`),
  },
  {
    name: 'subscribe',
    version: '1.1',
    service: 'collection-management',
    needs: 'subscribe',
    body: (name) =>
      in11(
        'Subscription_Management_Request',
        `collection_name="${name}" action="SUBSCRIBE"`,
        '<Subscription_Parameters><Response_Type>FULL</Response_Type></Subscription_Parameters>',
      ),
  },
  {
    name: 'poll',
    version: '1.0',
    service: 'poll',
    needs: 'read',
    body: (name) => in10('Poll_Request', `feed_name="${name}"`),
  },
  {
    name: 'subscribe',
    version: '1.0',
    service: 'collection-management',
    needs: 'subscribe',
    body: (name) => in10('Subscription_Management_Request', `feed_name="${name}" action="SUBSCRIBE"`),
  },
]

/** Sends it to its service. */
export async function knock1(
  ask: Ask,
  visitor: Visitor,
  { version, service }: Pick<Endpoint1, 'version' | 'service'>,
  body: string,
): Promise<Answer> {
  const headers = {
    accept: 'application/xml',
    'content-type': 'application/xml',
    'x-taxii-content-type': `urn:taxii.mitre.org:message:xml:${version}`,
    'x-taxii-services': `urn:taxii.mitre.org:services:${version}`,
    'x-taxii-protocol': 'urn:taxii.mitre.org:protocol:https:1.0',
  }
  return ask(visitor, 'POST', `/services/${service}`, { headers, body })
}

/** What became of it: `done`, or the status that was given for an answer. */
export function outcomeOf({ text }: Answer): string {
  const status = /status_type="(\w+)"/.exec(text)?.[1] ?? (/Response/.test(text) ? 'SUCCESS' : 'none')
  return status === 'SUCCESS' || status === 'PENDING' ? 'done' : status
}
