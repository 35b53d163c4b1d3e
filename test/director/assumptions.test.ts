import { describe, expect, test } from 'vitest'
import { redactTree } from '../../src/core/redact.ts'
import {
  defaultApiPrefix,
  defaultPackageUpload,
  doneWords,
  failedWords,
  fillers,
  identifierPattern,
  isMasked,
  isStixTaxiiPlugin,
  listKeys,
  orderLimitMs,
  orderSegmentPattern,
  packageUploads,
  redactedKeys,
  refreshToken,
  refusalText,
  reservedWords,
  slowOrderLimitMs,
  tellsOfDeadToken,
  textOf,
  unitOf,
  uploadNamePattern,
} from '../../src/director/assumptions.ts'
import { endpointNames, endpoints } from '../../src/director/endpoints.ts'
import { readPlugin } from '../../src/director/read-names.ts'

describe('section 12: what is assumed', () => {
  test('1: prefix, identifiers and every word of a path', () => {
    expect(defaultApiPrefix).toBe('configapi')
    expect(identifierPattern.test('0123456789abcdef0123456789abcdef')).toBe(true)
    const words = endpointNames.flatMap((name) =>
      endpoints[name].path.split('/').filter((part) => /^[A-Za-z]/.test(part)),
    )
    expect(words.filter((word) => !reservedWords.has(word.toLowerCase()))).toEqual([])
  })

  test('2: how a package is uploaded', () => {
    expect([defaultPackageUpload, [...packageUploads]]).toEqual(['raw', ['raw', 'multipart']])
    expect(uploadNamePattern.test('StixTaxii_6.1.0.pak')).toBe(true)
  })

  test('3: words of an order, its path and its limits', () => {
    expect([[...doneWords], [...failedWords]]).toEqual([
      ['completed', 'success', 'ok', 'done'],
      ['failed', 'failure', 'error'],
    ])
    expect([orderLimitMs, slowOrderLimitMs]).toEqual([180_000, 900_000])
    expect(orderSegmentPattern.test('5d8b2a52-2be2-474b-8494-9c82deadbeef')).toBe(true)
  })

  test.each([
    ['Hours', 'Hours'],
    ['hour', 'Hours'],
    [' DAYS ', 'Days'],
    ['day', 'Days'],
    ['Months', 'Months'],
    ['Minutes', undefined],
    ['Weeks', undefined],
    ['d', undefined],
    ['', undefined],
  ])('4: the unit %j is %s', (word, unit) => {
    expect(unitOf(word)).toBe(unit)
  })

  test('5: fillers', () => {
    expect(fillers).toEqual({
      proxy: { use: false, host: '127.0.0.1', port: 22, protocol: 'http' },
      text: '',
      location: 'private',
    })
  })

  test.each([
    ['StixTaxii', true],
    ['Stix Taxii', true],
    ['stix-taxii_6.1.0', true],
    ['STIXTAXII.pak', true],
    ['ThreatIntelligence', false],
    ['Stix', false],
    ['', false],
  ])('6: the plugin %j is ours: %s', (name, expected) => {
    expect(isStixTaxiiPlugin(name)).toBe(expected)
  })

  test.each<readonly [unknown, unknown]>([
    [
      { id: 'a', name: 'n', version: '1' },
      { id: 'a', name: 'n', version: '1' },
    ],
    [
      { _id: 'a', plugin_name: 'n' },
      { id: 'a', name: 'n' },
    ],
    [
      { id: 'a', application_name: 'n', application_version: '2' },
      { id: 'a', name: 'n', version: '2' },
    ],
    [{ id: 'a' }, { id: 'a', name: 'a' }],
    [{ name: 'n' }, undefined],
    ['n', undefined],
    [null, undefined],
  ])('6: the entry %j of the Plugins list', (entry, plugin) => {
    expect(readPlugin(entry)).toEqual(plugin)
  })

  test.each([
    ['', true],
    ['*', true],
    ['********', true],
    ['* *', false],
    ['***a', false],
    ['psw1', false],
  ])('7: the secret %j says nothing: %s', (text, expected) => {
    expect(isMasked(text)).toBe(expected)
    expect([...listKeys]).toEqual(['data', 'results', 'message'])
  })

  test.each<readonly [unknown, string, string]>([
    [{ message: ' a ', error: 'b' }, '', 'a'],
    [{ message: '', error: 'b', errors: ['c'] }, '', 'b'],
    [{ errors: ['c', { reason: 'd' }, { code: 1, token: 'x' }] }, '', 'c; d; {"code":1,"token":"***"}'],
    [{ detail: 'e', secretKey: 'x' }, '', '{"detail":"e","secretKey":"***"}'],
    [undefined, '<html><head><title> Log in </title>', 'an HTML page, "Log in"'],
    [undefined, '<html><body>no</body>', 'an HTML page'],
    [undefined, '  Bad Gateway\n', 'Bad Gateway'],
    [['x'], '["x"]', '["x"]'],
    [undefined, '', ''],
  ])('8: the text of the refusal %j', (value, raw, text) => {
    expect(refusalText(value, raw)).toBe(text)
  })

  test.each<readonly [unknown, string]>([
    ['a ', 'a'],
    [['a', '', 'b'], 'a; b'],
    [{ message: { error: 'deep' } }, 'deep'],
    [7, '7'],
    [null, ''],
    [{}, ''],
  ])('8: the reason %j', (value, text) => {
    expect(textOf(value)).toBe(text)
  })

  test.each([
    ['Token has expired', true],
    ['Invalid token', true],
    ['The access token is not valid', true],
    ['jwt expired', true],
    ['Your token was revoked.', true],
    ['No token given', true],
    ['Unexpected token < in JSON', false],
    ['Invalid user id', false],
    ['The password has expired', false],
    ['', false],
  ])('8: %j tells of a dead token: %s', (text, expected) => {
    expect(tellsOfDeadToken(text)).toBe(expected)
  })

  test('9: how a token is renewed is not known, so nothing tries', () => {
    expect(refreshToken).toBeUndefined()
  })

  test('10: keys whose values are masked, in any case, however deep', () => {
    const tree = {
      data: [{ Password: 'a', KEY_PASS: 'b', ok: 'c', n: 1, none: null }],
      Token: { inner: 'd' },
      Authorization: 'Bearer e',
      'Proxy-Authorization': 'f',
      api_key: 'g',
      secret: 'h',
      secretkey: 'i',
      url: 'https://ann:pw@taxii.example/?token=j',
      note: 'password: stays',
    }

    expect(redactTree(tree, redactedKeys)).toEqual({
      data: [{ Password: '***', KEY_PASS: '***', ok: 'c', n: 1, none: null }],
      Token: '***',
      Authorization: '***',
      'Proxy-Authorization': '***',
      api_key: '***',
      secret: '***',
      secretkey: '***',
      url: 'https://***@taxii.example/?token=***',
      note: 'password: stays',
    })
    expect(tree.data[0]?.Password).toBe('a')
  })
})
