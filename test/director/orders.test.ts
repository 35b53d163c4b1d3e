import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { rememberSecret } from '../../src/core/known-secrets.ts'
import { looksLikeOrderPath, parseOrderPath, readOrderPath, verdictOn } from '../../src/director/orders.ts'

const origin = 'https://director.example'
const plain = 'monitorapi/0123456789abcdef/fedcba9876543210/orders/42'

describe('section 6: the path of an order', () => {
  test.each([
    ['as most calls give it', `/${plain}`, plain],
    ['as the trash calls give it', plain, plain],
    ['with blanks around it', `  /${plain}\n`, plain],
    ['with one more segment', `${plain}/data-node-1`, `${plain}/data-node-1`],
    ['as an address of the profile', `${origin}/${plain}`, plain],
    ['with a UUID', '/monitorapi/a/b/orders/5d8b2a52-2be2-474b-8494-9c82deadbeef', undefined],
  ])('is understood %s', (_form, text, path) => {
    expect(readOrderPath(text, origin)).toBe(path ?? text.slice(1))
  })

  test.each([
    ['the braces of the guide', '/monitorapi/{pool_UUID}/{logpoint_identifier}/orders/{request_id}'],
    ['another host', `https://elsewhere.example/${plain}`],
    ['a host that begins alike', `${origin}.evil.example/${plain}`],
    ['a host that ends like the prefix', `${origin}monitorapi/a/b/orders/42`],
    ['user information', `https://director.example@evil.example/${plain}`],
    ['another scheme', `file:///${plain}`],
    ['a host without scheme', `//elsewhere.example/${plain}`],
    ['a way up', 'monitorapi/../configapi/x'],
    ['a way up at its end', `${plain}/..`],
    ['a way up within a segment', 'monitorapi/a..b/c'],
    ['an encoded way up', 'monitorapi/%2e%2e/configapi/x'],
    ['a backslash', 'monitorapi\\a\\b'],
    ['a backslash further on', 'monitorapi/a\\..\\b'],
    ['a query', `${plain}?a=b`],
    ['a fragment', `${plain}#a`],
    ['two slashes before it', `//${plain}`],
    ['an empty segment', 'monitorapi//orders/42'],
    ['a single dot', 'monitorapi/./orders/42'],
    ['another API', '/configapi/a/b/orders/42'],
    ['another case', '/MonitorAPI/a/b/orders/42'],
    ['nothing after the prefix', 'monitorapi/'],
    ['the prefix alone', 'monitorapi'],
    ['a word more', `see ${plain}`],
    ['a line break', `monitorapi/a/b\n/orders/42`],
    ['nothing', ''],
  ])('is refused with %s', (_what, text) => {
    expect(readOrderPath(text, origin)).toBeUndefined()
    expect(() => parseOrderPath(text, origin)).toThrow(StixTaxiiError)
  })

  test('of an unknown origin is refused, also where it is the right one elsewhere', () => {
    expect(readOrderPath(`${origin}/${plain}`)).toBeUndefined()
  })

  test('is an error of usage for a user, with the value seen', () => {
    expect(() => parseOrderPath('orders/42')).toThrow(
      expect.objectContaining({
        code: 'DIRECTOR_ORDER_PATH',
        kind: 'usage',
        message: expect.stringContaining('orders/42'),
        context: { order: 'orders/42' },
      }),
    )
  })

  test('of a user is taken as Director gave it', () => {
    expect(parseOrderPath(` /${plain}`)).toBe(plain)
    expect(parseOrderPath(`${origin}/${plain}`, origin)).toBe(plain)
  })

  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'monitorapi',
      'a',
      'orders',
      '..',
      '.',
      '',
      '\\',
      '%2e%2e',
      '{x}',
      '?',
      '#',
      '@',
      ':',
      ' ',
      'https:',
    ),
  )

  test('that is accepted leads to the profile, unchanged and without a way up', () => {
    let accepted = 0
    const text = fc.oneof(
      fc.array(piece, { maxLength: 8 }).map((all) => all.join('/')),
      fc.array(piece, { maxLength: 6 }).map((all) => `monitorapi/${all.join('/')}`),
      fc.stringMatching(/^\/?monitorapi(\/[a-z.~:@+-]{1,5}){1,5}$/),
    )
    fc.assert(
      fc.property(text, (message) => {
        const path = readOrderPath(message, origin)
        if (path === undefined) return
        accepted += 1
        const url = new URL(`/${path}`, origin)
        expect(url.href).toBe(`${origin}/${path}`)
        expect(url.pathname.startsWith('/monitorapi/')).toBe(true)
        expect(url.pathname).not.toContain('..')
        expect(readOrderPath(path, origin)).toBe(path)
      }),
      { numRuns: 5000 },
    )
    expect(accepted).toBeGreaterThan(300)
  })

  test.each([
    [plain, true],
    ['/MonitorAPI/x', true],
    [`Accepted: ${plain}`, true],
    ['client.crt successfully deleted.', false],
    ['', false],
  ])('a message %j speaks of an order: %s', (message, expected) => {
    expect(looksLikeOrderPath(message)).toBe(expected)
  })
})

const pending = { state: 'pending' }

describe('section 6: the verdict on an order', () => {
  test.each<readonly [string, unknown, unknown]>([
    ['1: success', { response: { success: true, message: 'Created.' } }, { state: 'succeeded', message: 'Created.' }],
    ['1: success as a text with blanks', { response: { success: ' TRUE\n' } }, { state: 'succeeded' }],
    ['1: a response that is a list', { response: [{ success: true }] }, pending],
    ['1: success that is a number', { response: { success: 1 } }, pending],
    [
      '2: no success as a text with blanks',
      { response: { success: ' False ' } },
      { state: 'failed', reason: 'no reason given' },
    ],
    ['2: errors that are a text', { response: { errors: 'a' } }, pending],
    [
      '2: without a reason',
      { response: { success: false, errors: [], message: '' } },
      { state: 'failed', reason: 'no reason given' },
    ],
    [
      '3: failed before a response',
      { status: 'failed', response: { success: 'perhaps' } },
      { state: 'failed', reason: 'no reason given' },
    ],
    ['3: a list of words', { status: ['done'] }, pending],
    ['1: success as a text', { response: { success: 'True' } }, { state: 'succeeded', message: undefined }],
    ['1 before 2: success with errors', { response: { success: true, errors: ['odd'] } }, { state: 'succeeded' }],
    [
      '1 before 3: success in a failed envelope',
      { status: 'Error', response: { success: true } },
      { state: 'succeeded' },
    ],
    [
      '2: no success, with errors',
      { response: { success: false, errors: ['a', 'b'] } },
      { state: 'failed', reason: 'a; b' },
    ],
    [
      '2: no success as a text, with errors as objects',
      { response: { success: 'false', errors: [{ message: 'a' }, { field: 'x', password: 'psw' }], message: 'm' } },
      { state: 'failed', reason: 'a; {"field":"x","password":"***"}' },
    ],
    [
      '2: no success, with a message',
      { response: { success: false, message: 'no' } },
      { state: 'failed', reason: 'no' },
    ],
    ['2: no success at all', { response: { success: false } }, { state: 'failed', reason: 'no reason given' }],
    ['2: errors alone', { response: { errors: ['a'] } }, { state: 'failed', reason: 'a' }],
    ['2: no errors', { response: { errors: [] } }, pending],
    [
      '2 before 3: errors in a good envelope',
      { status: 'ok', response: { errors: ['a'] } },
      { state: 'failed', reason: 'a' },
    ],
    ['3: completed', { status: 'Completed' }, { state: 'succeeded', message: undefined }],
    ['3: success', { status: 'success', message: 'Done.' }, { state: 'succeeded', message: 'Done.' }],
    ['3: ok', { status: ' OK ' }, { state: 'succeeded' }],
    ['3: done', { status: 'done' }, { state: 'succeeded' }],
    ['3: done, but with a response', { status: 'done', response: {} }, pending],
    ['3: failed', { status: 'Failed', message: 'no' }, { state: 'failed', reason: 'no' }],
    ['3: failure', { status: 'failure' }, { state: 'failed', reason: 'no reason given' }],
    ['3: error, with errors', { status: 'error', errors: ['a'] }, { state: 'failed', reason: 'a' }],
    ['3: the same order still', { status: 'Success', message: `/${plain}` }, pending],
    ['4: an unknown word', { status: 'Queued' }, pending],
    ['4: a number', { status: 1 }, pending],
    ['4: nothing in it', {}, pending],
    ['4: nothing', undefined, pending],
    ['4: null', null, pending],
    ['4: a list', [{ status: 'done' }], pending],
    ['4: a text', 'done', pending],
    ['4: a response without a verdict', { response: { success: 'perhaps' } }, pending],
    ['4: a response that is a text', { response: 'true' }, pending],
  ])('%s', (_rule, order, verdict) => {
    expect(verdictOn(order)).toEqual(verdict)
  })

  test('shows neither control characters nor secrets that were sent', () => {
    rememberSecret('canaryOrderSecret')
    const errors = ['\u001b[2Jgone', 'value canaryOrderSecret is too short']

    const verdict = verdictOn({ response: { success: false, errors } })

    expect(verdict).toEqual({ state: 'failed', reason: '\\u{1b}[2Jgone; value *** is too short' })
  })
})
