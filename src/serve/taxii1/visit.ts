import type { Wire } from '../../taxii/v1/wire.ts'
import type { XmlNode } from '../../taxii/v1/xml-node.ts'
import type { RawBlock } from '../../taxii/v1/xml-reader.ts'
import type { ServeParts, ServeVariables } from '../parts.ts'
import type { LogFields } from '../server-log.ts'
import type { ServiceEntity } from '../taxii1-persistence.ts'

/** A message as it came in. */
export interface Message {
  readonly wire: Wire
  /** Without content blocks. */
  readonly root: XmlNode
  readonly id: string
  readonly blocks: readonly RawBlock[]
  /** All of it, as text. */
  readonly source: () => string
}

/** One request at one service: all that a handler needs to answer it. */
export interface Visit extends Pick<ServeVariables, 'principal' | 'baseUrl' | 'requestId' | 'clientAddress'> {
  readonly parts: ServeParts
  readonly service: ServiceEntity
  readonly message: Message
  /** The version that is answered in; nearly always the message's. */
  readonly wire: Wire
}

/** A message that goes out. Streamed where it has many blocks or large ones. */
export interface Reply {
  readonly body: string | AsyncIterable<Buffer>
  /** Content blocks in it. */
  readonly blocks?: number | undefined
}

/** Username of who asks; undefined for anybody. */
export function usernameOf({ principal }: Pick<Visit, 'principal'>): string | undefined {
  return principal.kind === 'account' ? principal.account.username : undefined
}

/** Id of the account that asks: a name may be somebody else's one day. Undefined for anybody. */
export function ownerOf({ principal }: Pick<Visit, 'principal'>): string | undefined {
  return principal.kind === 'account' ? principal.account.id : undefined
}

/** What every line of the audit log has, for something that was done. */
export function auditFields(visit: Visit): LogFields {
  const { clientAddress: client, requestId } = visit
  return { client, account: usernameOf(visit), requestId, outcome: 'success' }
}
