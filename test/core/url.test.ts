import { expect, test } from 'vitest'
import { readUrl, urlAt } from '../../src/core/url.ts'

test('N15: what URL refuses is no address, however often it was asked', () => {
  // The bytes of an ideographic full stop as a header gives them; Node 20 and 22 call this an address after a while.
  const refused = Buffer.from('https://taxii\u3002example/', 'utf8').toString('latin1')
  const taken = 'https://b\u00fccher.example/'
  let wrong = 0
  for (let count = 0; count < 30_000; count += 1) {
    if (readUrl(refused) !== undefined) wrong += 1
    if (count % 10 === 0 && readUrl(taken)?.host !== 'xn--bcher-kva.example') wrong += 1
  }
  expect(wrong).toBe(0)
})

test('S1: a path never names another host', () => {
  expect(urlAt('https://taxii.example', '//evil.example/x?y').href).toBe('https://taxii.example//evil.example/x?y')
  expect(urlAt('https://taxii.example:8443', 'a/b/').href).toBe('https://taxii.example:8443/a/b/')
  expect(readUrl('next', 'https://taxii.example/a/')?.href).toBe('https://taxii.example/a/next')
})
