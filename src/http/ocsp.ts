/** One element of DER: its tag and where its content lies. */
interface Element {
  readonly tag: number
  readonly content: Buffer
  /** Where the next element begins. */
  readonly next: number
}

const sequence = 0x30
const octetString = 0x04
/** `certStatus [1] IMPLICIT RevokedInfo` */
const revokedStatus = 0xa1

/**
 * Whether a stapled OCSP answer says "revoked". Its signature is not checked: whoever serves the certificate serves the
 * staple too, so a forged one could only make us refuse that server. What cannot be read says nothing.
 * @see RFC 6960, 4.2.1
 */
export function saysRevoked(staple: Buffer): boolean {
  try {
    const [status, bytes] = childrenOf(only(staple, sequence))
    // Only `successful` (0) is followed by an answer.
    if (status?.content[0] !== 0 || !bytes) return false
    const responseBytes = childrenOf(only(bytes.content, sequence))
    const basic = responseBytes.find(({ tag }) => tag === octetString)
    if (!basic) return false
    const responseData = childrenOf(only(basic.content, sequence))[0]
    if (!responseData) return false
    return singlesOf(responseData).some((single) => childrenOf(single)[1]?.tag === revokedStatus)
  } catch {
    return false
  }
}

/** The single answers: the last sequence of the response data, after version, responder and time. */
function singlesOf(responseData: Element): readonly Buffer[] {
  const list = childrenOf(responseData.content).findLast(({ tag }) => tag === sequence)
  return list ? childrenOf(list.content).map(({ content }) => content) : []
}

function only(bytes: Buffer, tag: number): Buffer {
  const element = elementAt(bytes, 0)
  if (element.tag !== tag) throw new RangeError('another element was expected')
  return element.content
}

function childrenOf(bytes: Buffer): readonly Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length;) {
    const element = elementAt(bytes, at)
    found.push(element)
    at = element.next
  }
  return found
}

function elementAt(bytes: Buffer, at: number): Element {
  const tag = bytes.readUInt8(at)
  const first = bytes.readUInt8(at + 1)
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes)
  const begin = at + 2 + lengthBytes
  if (lengthBytes > 4 || begin + length > bytes.length) throw new RangeError('an element is cut')
  return { tag, content: bytes.subarray(begin, begin + length), next: begin + length }
}
