import { describe, expect, test } from 'vitest'
import { defaultXmlLimits } from '../../../src/taxii/v1/xml-limits.ts'
import { messageReader } from '../../../src/taxii/v1/xml-reader.ts'
import { detailOf, estimatedWaitMs, readStatus, statusError, statusTypes } from '../../../src/taxii/v1/status.ts'
import { message, status } from './support.ts'

function parse(text: string) {
  const reader = messageReader(
    { onRoot: () => undefined, onBlock: () => undefined, onBrokenBlock: () => undefined },
    defaultXmlLimits,
  )
  reader.write(text)
  return readStatus(reader.end())
}
const details = (fields: string[][]): string =>
  `<t:Status_Detail>${fields.map(([name, value]) => `<t:Detail name="${name}">${value}</t:Detail>`).join('')}</t:Status_Detail>`

describe('status messages', () => {
  test('C1M-8: all seventeen types are known by their names and kinds', () => {
    const kinds = statusTypes.map((type) => [type, statusError(parse(status(type, '1')), 'The poll').kind])
    expect(Object.fromEntries(kinds)).toEqual({
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
    })
  })

  test('C1M-9: an unknown type is a failure, named as it was written', () => {
    for (const type of ['urn:vendor:tired', 'toString', '']) {
      const read = parse(status(type, '1'))
      expect(read.type).toBe('FAILURE')
      expect(statusError(read, 'The poll').context['written']).toBe(type || 'FAILURE')
    }
  })

  test('C1M-10: details are found by name, those of a kind all of them', () => {
    const read = parse(
      status(
        'PENDING',
        '1',
        details([
          ['ESTIMATED_WAIT', '42'],
          ['RESULT_ID', 'urn:r'],
          ['SUPPORTED_CONTENT', 'a'],
          ['SUPPORTED_CONTENT', 'b'],
        ]),
      ),
    )
    expect(estimatedWaitMs(read)).toBe(42_000)
    expect(detailOf(read, 'RESULT_ID')).toBe('urn:r')
    expect(read.details.get('SUPPORTED_CONTENT')).toEqual(['a', 'b'])
  })

  test('C1M-10: in 1.0 the detail is plain text', () => {
    const text = message('Status_Message', '1', 'status_type="RETRY"', '<t:Status_Detail>30</t:Status_Detail>', '1.0')
    expect(estimatedWaitMs(parse(text))).toBe(30_000)
  })

  test.each(['-5', 'soon', '1e9', '', '99999999999999999999'])('a wait of "%s" is none', (wait) => {
    expect(estimatedWaitMs(parse(status('RETRY', '1', details([['ESTIMATED_WAIT', wait]]))))).toBeUndefined()
  })

  test('S8: what the server says is made safe to show', () => {
    const error = statusError(parse(status('DENIED', '1', '<t:Message>no\u202e &#x9b;31m</t:Message>')), 'The poll')
    expect(error.message).toContain('no\\u{202e} \\u{9b}31m')
  })
})
