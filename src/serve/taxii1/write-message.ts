import { randomInt } from 'node:crypto'
import type { Wire } from '../../taxii/v1/wire.ts'
import { textElement, writeMessage } from '../../taxii/v1/xml-writer.ts'
import type { XmlElement } from '../../taxii/v1/xml-writer.ts'
import type { RefusalOptions } from './refusal.ts'

/** Elements and attributes of an answer besides its ids. */
export interface MessageParts {
  readonly attributes?: Readonly<Record<string, string | undefined>> | undefined
  readonly children?: readonly (XmlElement | undefined)[] | undefined
}

/** A message that answers the request `inResponseTo`, as XML text. Message ids are digits: a URI and a number. */
export function answerMessage(wire: Wire, name: string, inResponseTo: string, parts: MessageParts = {}): string {
  const ids = { message_id: String(randomInt(1, 2 ** 48 - 1)), in_response_to: inResponseTo }
  const { attributes = {}, children = [] } = parts
  return writeMessage(wire, clean({ name, attributes: { ...ids, ...attributes }, children }))
}

/** What XML cannot hold, U+FFFD in its place: a title with a control character must not make its server speechless. */
export function xmlText(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
}

function clean(element: XmlElement): XmlElement {
  const attributes = Object.entries(element.attributes ?? {}).map(([name, value]) => [name, value && xmlText(value)])
  return {
    ...element,
    attributes: Object.fromEntries(attributes) as Record<string, string | undefined>,
    text: element.text === undefined ? undefined : xmlText(element.text),
    children: element.children?.map((child) => child && clean(child)),
  }
}

/** Status types that 1.0 has besides the others that mean the same there. @see TAXII 1.0 Services Specification, 3.4.1 */
const statusesOf10: readonly string[] = [
  'BAD_MESSAGE',
  'DENIED',
  'FAILURE',
  'NOT_FOUND',
  'POLLING_UNSUPPORTED',
  'RETRY',
  'SUCCESS',
  'UNAUTHORIZED',
  'UNSUPPORTED_MESSAGE',
  'UNSUPPORTED_CONTENT',
  'UNSUPPORTED_PROTOCOL',
]

/** @see TAXII 1.1 Services Specification, 4.4.1; in 1.0 a detail is plain text */
export function statusMessage(
  wire: Wire,
  inResponseTo: string,
  status: string,
  { message, details = {} }: Pick<RefusalOptions, 'message' | 'details'> = {},
): string {
  const isOld = wire.version === '1.0'
  const pairs = Object.entries(details).flatMap(([name, values]) => values.map((value) => ({ name, value })))
  const detail: XmlElement | undefined =
    pairs.length === 0
      ? undefined
      : isOld
        ? { name: 'Status_Detail', text: pairs.map(({ value }) => value).join(' ') }
        : {
            name: 'Status_Detail',
            children: pairs.map(({ name, value }) => ({ name: 'Detail', attributes: { name }, text: value })),
          }
  const type = isOld && !statusesOf10.includes(status) ? 'FAILURE' : status
  return answerMessage(wire, 'Status_Message', inResponseTo, {
    attributes: { status_type: type },
    children: [detail, textElement('Message', message)],
  })
}
