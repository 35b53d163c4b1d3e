import { StixTaxiiError } from '../../core/errors.ts'
import type { ErrorKind } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'
import { accessAdvice } from '../access-advice.ts'
import { attributeOf, childNamed, childrenNamed, textOf, wholeNumber } from './xml-node.ts'
import type { XmlNode } from './xml-node.ts'

/** What each status type means for the user. RETRY and PENDING become errors only when waiting is over. */
const kinds = {
  ASYNCHRONOUS_POLL_ERROR: 'remote',
  BAD_MESSAGE: 'remote',
  DENIED: 'remote',
  DESTINATION_COLLECTION_ERROR: 'remote',
  FAILURE: 'remote',
  INVALID_RESPONSE_PART: 'protocol',
  NETWORK_ERROR: 'network',
  NOT_FOUND: 'not-found',
  PENDING: 'pending',
  POLLING_UNSUPPORTED: 'remote',
  RETRY: 'network',
  SUCCESS: 'protocol',
  UNAUTHORIZED: 'auth',
  UNSUPPORTED_CONTENT: 'remote',
  UNSUPPORTED_MESSAGE: 'remote',
  UNSUPPORTED_PROTOCOL: 'remote',
  UNSUPPORTED_QUERY: 'remote',
} as const satisfies Record<string, ErrorKind>

/** The seventeen status types of TAXII 1.1; 1.0 has eleven of them. */
export type StatusType = keyof typeof kinds

export const statusTypes = Object.keys(kinds) as readonly StatusType[]

/** A status message, read. */
export interface Status {
  /** A type that the standard does not know is FAILURE. @see TAXII 1.1 Services Specification, 4.4.1.1 */
  readonly type: StatusType
  /** As the server wrote it. */
  readonly written: string
  readonly message?: string | undefined
  /** Details by name; 1.0's nameless text under `''`. */
  readonly details: ReadonlyMap<string, readonly string[]>
}

/** Reads a `Status_Message` of either version. */
export function readStatus(root: XmlNode): Status {
  const written = attributeOf(root, 'status_type') ?? ''
  const details = new Map<string, string[]>()
  const detail = childNamed(root, 'Status_Detail')
  for (const child of detail ? childrenNamed(detail, 'Detail') : []) {
    const name = attributeOf(child, 'name') ?? ''
    details.set(name, [...(details.get(name) ?? []), child.text.trim()])
  }
  const plain = detail?.text.trim()
  if (plain && details.size === 0) details.set('', [plain])
  const type = Object.hasOwn(kinds, written) ? (written as StatusType) : 'FAILURE'
  return { type, written, message: textOf(root, 'Message'), details }
}

export function detailOf(status: Status, name: string): string | undefined {
  return status.details.get(name)?.[0]
}

/** `ESTIMATED_WAIT` in milliseconds; 1.0 writes the seconds as plain text. */
export function estimatedWaitMs(status: Status): number | undefined {
  const seconds = wholeNumber(detailOf(status, 'ESTIMATED_WAIT') ?? detailOf(status, ''))
  return seconds === undefined ? undefined : seconds * 1000
}

const hints: Partial<Record<StatusType, string>> = {
  BAD_MESSAGE: 'The server did not understand the request; it may not offer this operation at this address.',
  FAILURE: 'The server could not do it and says no more; it may not support this operation.',
  NOT_FOUND: 'List what is offered with: stixtaxii collections',
  DENIED: 'The provider refuses this account or this request; ask what it is entitled to.',
  POLLING_UNSUPPORTED: 'This collection cannot be polled; the provider may push it instead.',
  UNSUPPORTED_MESSAGE: 'The server speaks another TAXII version: try --taxii-version auto.',
  UNSUPPORTED_QUERY: 'The server does not take this query; poll without one.',
  UNSUPPORTED_CONTENT: 'Ask for other content bindings, or for none in particular.',
  RETRY: 'Try again later.',
  PENDING: 'The server is still preparing the answer; try again later.',
}

/** The error a status message stands for. `what` says what was asked, as `The poll of "feed"`. */
export function statusError(status: Status, what: string, accessHint?: string | undefined): StixTaxiiError {
  const said = status.message === undefined ? '' : `: ${printable(status.message, { maxLength: 500 })}`
  const shown = printable(status.written || 'FAILURE', { maxLength: 100 })
  const context = { status: status.type, written: shown, ...detailContext(status) }
  if (status.type === 'UNAUTHORIZED') {
    return new StixTaxiiError(
      'TAXII_UNAUTHORIZED',
      `${what} was refused: the server wants the right credentials${said}`,
      {
        kind: 'auth',
        hint: accessHint ?? accessAdvice,
        context,
      },
    )
  }
  if (status.type === 'SUCCESS') {
    return new StixTaxiiError(
      'TAXII_STATUS_UNEXPECTED',
      `${what} was answered with the status SUCCESS and no content`,
      {
        kind: 'protocol',
        hint: 'That is a fault of the server; it is not an empty result.',
        context,
      },
    )
  }
  const accepted = status.details.get('ACCEPTABLE_DESTINATION')
  const destinations =
    status.type === 'DESTINATION_COLLECTION_ERROR'
      ? destinationHint(accepted?.filter((each) => each !== ''))
      : undefined
  return new StixTaxiiError('TAXII_STATUS', `${what} was answered with the status ${shown}${said}`, {
    kind: kinds[status.type],
    hint: destinations ?? (status.type === 'DENIED' ? accessHint : undefined) ?? hints[status.type],
    context,
    retryAfterMs: status.type === 'RETRY' || status.type === 'PENDING' ? estimatedWaitMs(status) : undefined,
  })
}

function destinationHint(names: readonly string[] | undefined): string {
  if (!names || names.length === 0) return 'This inbox takes no destination collections: leave them out.'
  return `Acceptable destinations: ${names.map((name) => printable(name, { maxLength: 200 })).join(', ')}`
}

function detailContext(status: Status): Record<string, readonly string[]> {
  const entries = [...status.details].slice(0, 20)
  return Object.fromEntries(
    entries.map(([name, values]) => [
      name === '' ? 'detail' : printable(name, { maxLength: 60 }),
      values.slice(0, 50).map((value) => printable(value, { maxLength: 200 })),
    ]),
  )
}
