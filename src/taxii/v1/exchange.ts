import { StixTaxiiError } from '../../core/errors.ts'
import type { HttpResponse } from '../../core/ports.ts'
import { printable } from '../../core/printable.ts'
import { redactUrl } from '../../core/redact.ts'
import { stampOfHttpDate } from './labels.ts'
import type { Link } from './link.ts'
import { httpRefusal, notTaxii, unreadable } from './refusal.ts'
import type { Refused } from './refusal.ts'
import type { RequestWriter } from './requests.ts'
import { readStatus, statusError } from './status.ts'
import type { Status } from './status.ts'
import { requestHeaders, versionOfNamespace, wires } from './wire.ts'
import { defaultXmlLimits, XmlFault } from './xml-limits.ts'
import { attributeOf } from './xml-node.ts'
import type { XmlNode } from './xml-node.ts'
import { messageReader } from './xml-reader.ts'
import type { BrokenBlock, RawBlock } from './xml-reader.ts'
import { xmlTextDecoder } from './xml-text.ts'

/** A message that answers a request. */
export interface Answer {
  /** Without content blocks. */
  readonly root: XmlNode
  /** The address that answered. */
  readonly url: URL
  readonly peerFingerprint?: string | undefined
  /** The answer's `Date` as a stamp. */
  readonly serverDate?: string | undefined
}

/** Who takes content blocks as they arrive. */
export interface BlockReceiver {
  /** The answer is read anew from its beginning. */
  restart(): void
  bytes(chunk: Uint8Array): void
  block(block: RawBlock): void
  broken(block: BrokenBlock): void
  /** Called between chunks: what is waited for here holds the server back. */
  settle(): Promise<void>
}

export interface Question {
  readonly address: URL
  readonly write: RequestWriter
  readonly signal?: AbortSignal | undefined
  readonly receiver?: BlockReceiver | undefined
  /** False for what must not be sent twice. */
  readonly repeatable: boolean
}

/**
 * Sends one message and reads the one that answers it, a status message included.
 *
 * @throws TAXII_UNAUTHORIZED (auth), TAXII_FORBIDDEN (auth), TAXII_NOT_FOUND (not-found), TAXII_TOO_LARGE, TAXII_VERSION_REFUSED, TAXII_REQUEST_REFUSED (remote),
 *   TAXII_RATE_LIMITED, TAXII_UNAVAILABLE (network) by the HTTP status; TAXII_NOT_TAXII, TAXII_XML_*, TAXII_ANSWER_CUT, TAXII_ANSWER_OTHER,
 *   TAXII_VERSION_OTHER (protocol) by the body; HTTP_*
 */
export async function ask(link: Link, question: Question): Promise<Answer> {
  const { address, signal, repeatable } = question
  const id = link.nextId()
  const request = {
    method: 'POST',
    url: address,
    headers: requestHeaders(link.wire, address),
    body: question.write(id),
    repeatable,
    signal,
  } as const
  try {
    return await link.http.exchange(request, (response) => readAnswer(link, question, id, response))
  } catch (error) {
    throw isCut(error) ? lastingCut(error) : error
  }
}

function isCut(error: unknown): error is StixTaxiiError {
  return error instanceof StixTaxiiError && error.code === 'TAXII_ANSWER_CUT'
}

/** Asked again and again, the document still has no end: that is no accident of the network any more. */
function lastingCut(error: StixTaxiiError): StixTaxiiError {
  const { message, hint, context } = error
  return new StixTaxiiError('TAXII_ANSWER_CUT', message, { kind: 'protocol', hint, context, cause: error })
}

async function readAnswer(link: Link, question: Question, id: string, response: HttpResponse): Promise<Answer> {
  const serverDate = stampOfHttpDate(response.headers.get('date'))
  if (serverDate !== undefined) link.serverDate = serverDate
  question.receiver?.restart()
  const root =
    response.status >= 200 && response.status < 300
      ? await readMessage(link, question, id, response)
      : await readRefusal(link, response)
  return { root, url: response.url, peerFingerprint: response.peerFingerprint, serverDate }
}

const headLength = 4096

async function readMessage(link: Link, question: Question, id: string, response: HttpResponse): Promise<XmlNode> {
  const { receiver } = question
  let [head, seen] = ['', false]
  const reader = messageReader(
    {
      onRoot: (root) => {
        seen = true
        checkRoot(link, root, id, response)
      },
      onBlock: (block) => receiver?.block(block),
      onBrokenBlock: (block) => receiver?.broken(block),
    },
    defaultXmlLimits,
  )
  try {
    const decoder = xmlTextDecoder(charsetOf(response))
    for await (const chunk of response.body) {
      receiver?.bytes(chunk)
      const text = decoder.write(chunk)
      if (head.length < headLength) head += text.slice(0, headLength - head.length)
      reader.write(text)
      await receiver?.settle()
    }
    reader.write(decoder.end())
    return reader.end()
  } catch (error) {
    if (error instanceof NotTaxii) throw notTaxii(refusedBy(link, response, head))
    if (!(error instanceof XmlFault)) throw error
    throw seen ? unreadable(error, response.url) : notTaxii(refusedBy(link, response, head), error)
  }
}

class NotTaxii extends Error {}

/** The first things that can be known: is it TAXII, of our version, and the answer to what was asked? */
function checkRoot(link: Link, root: XmlNode, id: string, response: HttpResponse): void {
  const version = versionOfNamespace(root.namespace)
  if (version === undefined) throw new NotTaxii()
  checkHeader(link, response, wires[version].binding)
  const isStatus = root.name === 'Status_Message'
  if (version !== link.wire.version && !isStatus) {
    const message = `${redactUrl(response.url)} answered a TAXII ${link.wire.version} request in TAXII ${version}`
    throw new StixTaxiiError('TAXII_VERSION_OTHER', message, {
      kind: 'protocol',
      hint: `Set the version: --taxii-version ${version}`,
      context: { asked: link.wire.version, answered: version },
    })
  }
  const answered = attributeOf(root, 'in_response_to')
  if (answered === id || (isStatus && (answered === '0' || answered === undefined))) return
  if (answered === undefined) {
    tolerate(link, 'TAXII_ANSWER_UNNAMED', `${response.url.host} does not say which request it answers`)
    return
  }
  const shown = printable(answered, { maxLength: 60 })
  throw new StixTaxiiError(
    'TAXII_ANSWER_OTHER',
    `${response.url.host} answered request ${shown} where ${id} was asked`,
    {
      kind: 'protocol',
      hint: 'The answer may be meant for somebody else, so it was dropped. Something between here and the server may mix up answers.',
      context: { asked: id, answered: shown },
    },
  )
}

function checkHeader(link: Link, response: HttpResponse, binding: string): void {
  const header = response.headers.get('x-taxii-content-type')
  if (header?.trim() === binding) return
  const says = header === undefined ? 'nothing' : `"${printable(header, { maxLength: 100 })}"`
  tolerate(
    link,
    'TAXII_HEADER_ODD',
    `${response.url.host} sends a TAXII message, but its X-TAXII-Content-Type says ${says}`,
  )
}

/** An oddity that loses nothing: told, and an error when the profile is strict. */
export function tolerate(link: Link, code: string, message: string): void {
  if (link.settings.strict !== true) return link.notices({ code, message })
  throw new StixTaxiiError('TAXII_STRICT', message, {
    kind: 'protocol',
    hint: 'This loses nothing; without --strict it is only told.',
    context: { oddity: code },
  })
}

function charsetOf(response: HttpResponse): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(response.headers.get('content-type') ?? '')?.[1]
}

function refusedBy(link: Link, response: HttpResponse, head: string): Refused {
  const mediaType = response.headers.get('content-type')?.split(';')[0]?.trim()
  const accessHint = link.settings.preset?.accessHint
  return { url: response.url, status: response.status, mediaType, head, accessHint }
}

const maxRefusalBytes = 1024 * 1024

/** Below 500 a status message counts, whatever the HTTP status; else the HTTP status itself is the answer. */
async function readRefusal(link: Link, response: HttpResponse): Promise<XmlNode> {
  let text = ''
  try {
    text = (await response.bytes(maxRefusalBytes)).toString('utf8')
  } catch (error) {
    if (response.status < 400) throw error
  }
  const status = response.status < 500 ? statusMessageIn(text) : undefined
  if (status) return status
  throw httpRefusal(refusedBy(link, response, text.slice(0, headLength)))
}

function statusMessageIn(text: string): XmlNode | undefined {
  if (!text.includes('Status_Message')) return undefined
  const nothing = { onRoot: () => undefined, onBlock: () => undefined, onBrokenBlock: () => undefined }
  const reader = messageReader(nothing, defaultXmlLimits)
  try {
    reader.write(text)
    const root = reader.end()
    return root.name === 'Status_Message' && versionOfNamespace(root.namespace) ? root : undefined
  } catch {
    return undefined
  }
}

/** The answer's status message, read; undefined when it is none. */
export function statusOf(answer: Answer): Status | undefined {
  return answer.root.name === 'Status_Message' ? readStatus(answer.root) : undefined
}

/**
 * The answer's root if it is the message that was expected.
 * @throws what its status message stands for; TAXII_ANSWER_UNEXPECTED (protocol) for another message
 */
export function expectRoot(link: Link, answer: Answer, name: string, what: string): XmlNode {
  const status = statusOf(answer)
  if (status) throw statusError(status, what, link.settings.preset?.accessHint)
  if (answer.root.name === name) return answer.root
  const shown = printable(answer.root.name, { maxLength: 60 })
  throw new StixTaxiiError('TAXII_ANSWER_UNEXPECTED', `${what} was answered with a ${shown}, not a ${name}`, {
    kind: 'protocol',
    hint: 'The server breaks the standard here; tell the provider.',
    context: { expected: name, received: shown, url: redactUrl(answer.url) },
  })
}
