import { between, oneOf } from '../../campaign/seeded.ts'
import { checkHeader } from '../../../src/http/headers.ts'
import { retryAfterMs } from '../../../src/core/retry-after.ts'
import { parseAuthorization } from '../../../src/serve/auth/authorization-header.ts'
import { reached } from '../../../src/serve/client-address.ts'
import { Refusal } from '../../../src/serve/taxii1/refusal.ts'
import { answerWire, checkHeaders, fallbackWire } from '../../../src/serve/taxii1/headers.ts'
import { readItemRange } from '../../../src/serve/taxii2/item-range.ts'
import { chooseVersion, versionOfContent, versionSpoken } from '../../../src/serve/taxii2/media-type.ts'
import { challengeSchemes, refusalError } from '../../../src/taxii/v2/failure.ts'
import { htmlTitle, judgeMediaType } from '../../../src/taxii/v2/media-type.ts'
import { readContentRange } from '../../../src/taxii/v2/ranges.ts'
import { readLabel, stampOfHttpDate } from '../../../src/taxii/v1/labels.ts'
import { wires } from '../../../src/taxii/v1/wire.ts'
import { timestampKey } from '../../../src/core/timestamp.ts'
import { printable } from '../../../src/core/printable.ts'
import { mutated } from '../mutate.ts'
import { Broken, holds, same, textOf } from '../target.ts'
import type { FuzzTarget } from '../target.ts'
import { faultOfAnswer } from '../verdict.ts'

const now = new Date('2026-06-01T00:00:00Z')

/** Headers of answers, as servers write them. */
const answers: readonly string[] = [
  '120', '0', '-5', '1.5', '1e3', 'Fri, 31 Dec 1999 23:59:59 GMT', 'Mon, 01 Jun 2026 00:01:00 GMT', '31 Dec 2083 00:00:00 GMT', '5 minutes', 'foo 99',
  'items 0-49/500', 'items=50-99/*', 'items 10-2/3', 'bytes 0-1/2', 'application/taxii+json; version=2.1', 'Text/HTML ;charset="utf-8"',
  'application/vnd.oasis.stix+json; version=2.0', 'Basic realm="a, b=\\"c", Bearer realm=x, Negotiate', '2026-01-01T00:00:00.123456Z', '2026-01-01 00:00:00 UTC',
  '<https://next.example/?page=2>; rel="next", <x>; rel=prev', '<html><title>A &amp; B\u001b[31m</title>', 'urn:taxii.mitre.org:message:xml:1.1',
] // prettier-ignore

/** What a server says in headers: whatever is read of them is a number or a date that can be used. */
export const answerHeaders: FuzzTarget = {
  name: 'answer-headers',
  weight: 3,
  open: () => ({
    make: (random) => mutated(random, oneOf(random, answers), answers),
    judge(input, random) {
      const text = textOf(input)
      const wait = retryAfterMs(text, now)
      holds(wait === undefined || (Number.isSafeInteger(wait) && wait >= 0), `a wait of ${wait} ms`)
      const range = readContentRange(text)
      if (range)
        holds(
          [range.start, range.end, range.total ?? 0].every(Number.isSafeInteger) && range.end >= range.start,
          'a range that is none',
        )
      const stamps = [readLabel(text)?.stamp, stampOfHttpDate(text)]
      for (const stamp of stamps)
        holds(stamp === undefined || timestampKey(stamp) !== undefined, `a stamp that is none: ${stamp}`)
      const shown = [...challengeSchemes(text), htmlTitle(text) ?? '', seenOf(text, '2.0'), seenOf(text, '2.1')]
      for (const each of shown) same(printable(each), each, 'shown as it came')
      const status = oneOf(random, [400, 401, 403, 404, 406, 410, 413, 415, 418, 429, 500, 503])
      const refusal = {
        status,
        url: new URL('https://taxii.example/a?token=b'),
        headers: { get: () => text, entries: () => [].values() },
        text,
      }
      const error = refusalError(refusal, { asked: 'it', version: '2.1', now })
      holds(
        error.retryAfterMs === undefined || error.retryAfterMs === wait,
        `two readings of Retry-After: ${error.retryAfterMs} and ${wait}`,
      )
      const fault = faultOfAnswer(error)
      if (fault !== undefined) throw new Broken(fault)
    },
  }),
}

function seenOf(text: string, version: '2.0' | '2.1'): string {
  const verdict = judgeMediaType(text, version)
  return verdict.kind === 'right' ? '' : verdict.seen
}

/** Headers of requests. */
const requests: readonly string[] = [
  'application/taxii+json;version=2.1, application/vnd.oasis.taxii+json; version=2.0; q=0.5, */*;q=0.1', 'application/*; q=0', 'a/b;c="d,e;f\\"g"', '',
  'items 0-9', 'items=5-', 'items -5', 'items 9-1', 'bytes=0-1', 'Basic YW5uOnB3', 'Bearer abc.def~ghi', 'basic  ===', 'Digest username="x"',
  'taxii.example:8443', '[2001:db8::1]:443', 'evil.example, taxii.example', '203.0.113.7, 10.0.0.1:80, [::1]', 'https', 'text/xml; charset=utf-8',
  wires['1.1'].binding, `${wires['1.0'].binding} ${wires['1.1'].binding}`, wires['1.1'].services, 'urn:taxii.mitre.org:protocol:https:1.0',
] // prettier-ignore

/** What a client says in headers to our server. */
export const requestHeaders: FuzzTarget = {
  name: 'request-headers',
  weight: 3,
  open: () => ({
    make: (random) => mutated(random, oneOf(random, requests), requests),
    judge(input, random) {
      const text = textOf(input)
      for (const version of [
        chooseVersion(text, 'taxii', ['2.0', '2.1']),
        versionOfContent(text),
        versionSpoken(text),
      ]) {
        holds(version === undefined || version === '2.0' || version === '2.1', `a version ${version}`)
      }
      const range = readItemRange(text)
      if (range)
        holds(
          Number.isSafeInteger(range.first) && Number.isSafeInteger(range.last ?? 0),
          `items ${range.first} to ${range.last}`,
        )
      parseAuthorization(text)
      const rules = {
        behindTls: random() < 0.7,
        isTrustedProxy: (address: string) => address === '10.0.0.1' || address === '127.0.0.1',
      }
      const where = reached(
        { peerAddress: oneOf(random, ['127.0.0.1', '203.0.113.9', '::1']), isTls: random() < 0.5, header: () => text },
        rules,
      )
      holds(
        URL.canParse(where.baseUrl) && new URL(where.baseUrl).pathname === '/' && !/[\s<>"'\\@?#]/.test(where.baseUrl),
        `a base of ${where.baseUrl}`,
      )
      checkHeaders(() => text)
      answerWire(() => text, wires['1.0'])
      fallbackWire(() => text)
    },
    isAnswer: (error) => error instanceof Refusal,
  }),
}

/** S7: no value that would end a header's line is let onto the wire. */
export const sentHeaders: FuzzTarget = {
  name: 'sent-headers',
  weight: 1,
  open: () => ({
    make: (random) =>
      `${mutated(random, oneOf(random, ['X-Api-Key', 'Cookie', 'x']), ['a']) as string}: ${mutated(random, oneOf(random, requests), requests) as string}`,
    judge(input, random) {
      const text = textOf(input)
      const at = random() < 0.9 ? text.indexOf(':') : between(random, 0, text.length)
      const [name, header] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)]
      checkHeader(name, header)
      holds(
        /^[!-9;-~]+$/.test(name) && !/[\r\n\0]|[^\t -~\u0080-\u00ff]/.test(header),
        'a header that breaks out of its line',
      )
    },
  }),
}
