import { describe, expect, test } from 'vitest'
import {
  isWrite,
  notJson,
  otherShape,
  outcomeUnknown,
  refusalError,
  uploadCut,
  writeRedirected,
} from '../../src/director/failure.ts'
import type { Asked } from '../../src/director/failure.ts'

const reading: Asked = { method: 'GET', does: 'list the sources', target: 'acme/lp1', host: 'director.example' }
const writing: Asked = { ...reading, method: 'POST', does: 'create the source' }
const about = (asked: Asked): Record<string, unknown> => ({ host: asked.host, target: asked.target, call: asked.does })
const long = `${'x'.repeat(600)}`

describe('section 11: the error of an answer that refuses', () => {
  test.each([
    [401, 'no', 'DIRECTOR_UNAUTHORIZED', 'auth', 'does not create the source for acme/lp1 (HTTP 401): no'],
    [403, '', 'DIRECTOR_UNAUTHORIZED', 'auth', 'does not create the source for acme/lp1 (HTTP 403)'],
    [
      400,
      'jwt expired',
      'DIRECTOR_UNAUTHORIZED',
      'auth',
      'does not create the source for acme/lp1 (HTTP 400): jwt expired',
    ],
    [429, ' later ', 'DIRECTOR_RATE_LIMITED', 'network', 'asks for fewer requests (HTTP 429): later'],
    [404, '', 'DIRECTOR_NOT_FOUND', 'not-found', 'does not create the source for acme/lp1: it is not there (HTTP 404)'],
    [409, '', 'DIRECTOR_CONFLICT', 'conflict', 'does not create the source for acme/lp1 as things stand (HTTP 409)'],
    [422, '', 'DIRECTOR_REFUSED', 'remote', 'does not create the source for acme/lp1 (HTTP 422)'],
    [499, '', 'DIRECTOR_REFUSED', 'remote', 'does not create the source for acme/lp1 (HTTP 499)'],
  ])('%i %j is %s for a write', (status, text, code, kind, said) => {
    const error = refusalError(writing, { status, text, retryAfterMs: 7 })
    expect(error).toMatchObject({ code, kind, message: `director.example ${said}`, retryAfterMs: 7 })
    expect(error.context).toEqual({ ...about(writing), status })
  })

  test.each([500, 503, 599])('D1: %i leaves open what came of a write, and may pass for a read', (status) => {
    const refusal = { status, text: 'invalid token? no', retryAfterMs: 7 }
    expect(refusalError(writing, refusal)).toMatchObject({
      code: 'DIRECTOR_OUTCOME_UNKNOWN',
      kind: 'pending',
      message: `It is not known whether director.example did create the source for acme/lp1 (HTTP ${status}): invalid token? no`,
      context: about(writing),
    })
    expect(refusalError(reading, { status, text: '' })).toMatchObject({
      code: 'DIRECTOR_UNAVAILABLE',
      kind: 'network',
      message: `director.example cannot list the sources for acme/lp1 at present (HTTP ${status})`,
      context: { ...about(reading), status },
    })
  })

  test('quotes what Director said in 500 characters, made visible, and takes a hint of its caller', () => {
    const error = refusalError(writing, { status: 400, text: `\u001b[2J${long}`, hint: 'Look there.' })
    expect(error.message).toMatch(/\\u\{1b\}\[2Jx+…$/)
    expect(error.message.length).toBeLessThan(600)
    expect(error.hint).toBe('Look there.')
    expect(refusalError(writing, { status: 400, text: 'x' }).hint).toContain('Co-Managed')
  })
})

describe('an answer that is none', () => {
  test.each([
    ['', 'an empty answer', ''],
    [' \n', 'an empty answer', ''],
    [' <html>', 'something else than JSON', '<html>'],
  ])('%j is told as such, with its beginning', (beginning, seen, shown) => {
    const error = notJson(reading, 200, beginning)
    expect(error).toMatchObject({
      code: 'DIRECTOR_NOT_JSON',
      kind: 'protocol',
      message: `director.example gave ${seen} when asked to list the sources for acme/lp1 (HTTP 200)`,
    })
    expect(error.context).toEqual({ ...about(reading), status: 200, beginning: shown })
    expect(error.hint).not.toContain('List what is there')
    expect(notJson(writing, 200, beginning).hint).toContain('List what is there')
  })

  test('shows 120 characters of it', () => {
    expect(String(notJson(reading, 200, long).context?.['beginning'])).toHaveLength(121)
  })

  test('of another shape, cut, or led elsewhere says what was asked of whom', () => {
    const cause = new Error('reset')
    expect(otherShape(reading, 'a list')).toMatchObject({
      code: 'DIRECTOR_SHAPE',
      kind: 'protocol',
      message: 'director.example did not give a list when asked to list the sources for acme/lp1',
      context: about(reading),
    })
    const cut = uploadCut(writing, 17, cause)
    expect(cut).toMatchObject({
      code: 'DIRECTOR_UPLOAD_CUT',
      kind: 'network',
      message: 'The connection broke before director.example could create the source for acme/lp1',
      cause,
    })
    expect(cut.context).toEqual({ ...about(writing), sentBytes: 17 })
    const unknown = outcomeUnknown(writing, undefined, cause)
    expect(unknown.message).toBe('It is not known whether director.example did create the source for acme/lp1')
    expect(unknown).toMatchObject({ cause, context: about(writing) })
  })

  test.each([
    [true, 'refused'],
    [false, 'protocol'],
  ])('a write that is led elsewhere (%s) is %s', (isElsewhere, kind) => {
    const error = writeRedirected(writing, 302, `\u001b${long}`, isElsewhere)
    expect(error).toMatchObject({
      code: 'DIRECTOR_REDIRECT',
      kind,
      message: 'director.example redirects (HTTP 302) when asked to create the source for acme/lp1',
      context: { ...about(writing), status: 302 },
    })
    expect(String(error.context?.['to']).length).toBeLessThan(210)
    expect(String(error.context?.['to'])).toMatch(/^\\u\{1b\}x/)
  })

  test('only GET is a read', () => {
    expect(['GET', 'POST', 'PUT', 'DELETE'].map((method) => isWrite({ method }))).toEqual([false, true, true, true])
  })
})
