import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'
import type { InboxBlock, Taxii1Operations } from '../client.ts'
import type { Directory } from './directory.ts'
import { ask, expectRoot, statusOf } from './exchange.ts'
import type { Link } from './link.ts'
import { inboxMessage } from './requests.ts'
import { statusError } from './status.ts'

type InboxRequest = Parameters<Taxii1Operations['inbox']>[1]

/**
 * Pushes blocks in one message, once. SUCCESS says received, not stored; any other status means that nothing was taken.
 * @throws TAXII_INBOX_UNKNOWN (not-found); TAXII_DESTINATIONS_UNSUPPORTED (usage) in 1.0; TAXII_STATUS (remote)
 * @see TAXII 1.1 Services Specification, 3.2 and 3.2.1
 */
export async function pushToInbox(
  link: Link,
  directory: Directory,
  blocks: readonly InboxBlock[],
  request: InboxRequest,
  signal?: AbortSignal,
): Promise<void> {
  const destinations = request.destinations ?? []
  if (link.wire.version === '1.0' && destinations.length > 0) throw noDestinations()
  const address = await inboxAddress(link, directory, request, signal)
  const write = inboxMessage(link.wire, { destinations, message: request.message, blocks })
  const answer = await ask(link, { address, write, signal, repeatable: false })
  const status = statusOf(answer)
  if (status?.type === 'SUCCESS') return
  if (status) throw statusError(status, 'The inbox message', link.settings.preset?.accessHint)
  expectRoot(link, answer, 'Status_Message', 'The inbox message')
}

function noDestinations(): StixTaxiiError {
  return new StixTaxiiError(
    'TAXII_DESTINATIONS_UNSUPPORTED',
    'TAXII 1.0 inbox messages name no destination collections',
    {
      kind: 'usage',
      hint: 'Leave out --destination, or use TAXII 1.1.',
    },
  )
}

/** The named address, the receiving inbox of the first destination, or the first inbox of discovery. */
async function inboxAddress(
  link: Link,
  directory: Directory,
  request: InboxRequest,
  signal?: AbortSignal,
): Promise<URL> {
  if (request.address !== undefined) return directory.resolve(request.address)
  const [destination] = request.destinations ?? []
  if (destination !== undefined) {
    const entry = (await directory.entries(signal)).find(({ collection }) => collection.id === destination)
    const receiving = entry?.collection.inboxAddresses[0]
    if (receiving !== undefined) return new URL(receiving)
  }
  const [first] = await directory.addresses('inbox', signal)
  if (first) return first
  const shown = printable(link.settings.url.host)
  throw directory.refusal() ?? noInbox(shown)
}

function noInbox(host: string): StixTaxiiError {
  return new StixTaxiiError('TAXII_INBOX_UNKNOWN', `${host} names no inbox service`, {
    kind: 'not-found',
    hint: 'If you know its address, give it with --address.',
  })
}
