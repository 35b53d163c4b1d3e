/** One part of a form as it was announced, and its bytes as they come. */
export interface FormPart {
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** `name` of its Content-Disposition. */
  readonly name?: string | undefined
  readonly fileName?: string | undefined
}

export interface FormReader {
  onPart(part: FormPart): void
  onBytes(chunk: Buffer): void
}

/** The boundary of a multipart/form-data content type; undefined when it is something else. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) return undefined
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  return match?.[1] ?? match?.[2]
}

const maxHeadBytes = 16_384
const lineEnd = Buffer.from('\r\n')
const headEnd = Buffer.from('\r\n\r\n')

/**
 * Reads a form of any size piece by piece, strictly: what is not a form to the letter gives the reason; undefined means
 * that it was one, up to its closing boundary.
 * @see RFC 7578; RFC 2046 section 5.1.1
 */
export async function readForm(
  body: AsyncIterable<Buffer>,
  boundary: string,
  reader: FormReader,
): Promise<string | undefined> {
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  // The first delimiter has no line end before it, unless we put it there.
  let rest: Buffer = Buffer.from(lineEnd)
  let state: 'preamble' | 'after-delimiter' | 'head' | 'content' | 'end' = 'preamble'
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk])
    for (let moved = true; moved;) {
      moved = false
      if (state === 'preamble' || state === 'content') {
        const at = rest.indexOf(delimiter)
        const upTo = at === -1 ? Math.max(0, rest.length - delimiter.length + 1) : at
        if (state === 'content' && upTo > 0) reader.onBytes(rest.subarray(0, upTo))
        if (state === 'preamble' && at > 0) return 'something stands before the first boundary'
        rest = rest.subarray(at === -1 ? upTo : at + delimiter.length)
        if (at !== -1) [state, moved] = ['after-delimiter', true]
      } else if (state === 'after-delimiter' && rest.length >= 2) {
        const closes = rest.subarray(0, 2).toString('latin1') === '--'
        if (!closes && !rest.subarray(0, 2).equals(lineEnd)) return 'a boundary is not followed by a line end'
        rest = rest.subarray(closes ? 2 : 0)
        ;[state, moved] = [closes ? 'end' : 'head', true]
      } else if (state === 'head') {
        const at = rest.indexOf(headEnd)
        if (at === -1 && rest.length > maxHeadBytes) return 'the head of a part has no end'
        if (at === -1) continue
        const part = partOf(rest.subarray(0, at).toString('utf8'))
        if (part === undefined) return 'the head of a part cannot be read'
        reader.onPart(part)
        rest = rest.subarray(at + headEnd.length)
        ;[state, moved] = ['content', true]
      }
    }
  }
  return state === 'end' ? undefined : 'the form has no closing boundary'
}

function partOf(text: string): FormPart | undefined {
  const headers: Record<string, string> = {}
  for (const line of text.split('\r\n').filter(Boolean)) {
    const colon = line.indexOf(':')
    if (colon < 1) return undefined
    headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim()
  }
  const disposition = headers['content-disposition'] ?? ''
  if (!/^form-data\s*;/i.test(disposition)) return undefined
  return { headers, name: parameter(disposition, 'name'), fileName: parameter(disposition, 'filename') }
}

// Quotes and line ends are percent-encoded by browsers, backslash-escaped by others.
function parameter(disposition: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, 'i').exec(disposition)
  const text = match?.[1]?.replace(/\\(["\\])/g, '$1') ?? match?.[2]
  return text?.replace(/%22/g, '"').replace(/%0D/gi, '\r').replace(/%0A/gi, '\n')
}
