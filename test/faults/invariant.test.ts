import { expect, test } from 'vitest'
import { answer, answerBytes, end, sendBytes } from './fault-server.ts'
import { expectInvariant } from './invariant.ts'
import { startSpoiledFeed, type GoodAnswer } from './spoiled-feed.ts'

const secrets = { password: 'c4n4ry p/w+é 1111111', header: 'c4n4ry-header-2222222' }
const env = { STIXTAXII_USERNAME: 'ann', STIXTAXII_PASSWORD: secrets.password } as const

const shorter = ({ status, headers, body }: GoodAnswer) =>
  answerBytes({ status, headers: { ...headers, 'Content-Length': String(body.length - 200) }, body })

test('N6: the whole program, when a page is longer than announced', async () => {
  await using feed = await startSpoiledFeed((good) => (good.page === 4 ? [sendBytes(shorter(good)), end] : undefined))

  const met = await expectInvariant({ ...feed, env, secrets, ending: { kind: 'protocol', code: 'HTTP_FRAMING' } })

  expect(met.tookMs).toBeLessThan(15_000)
})

test('N12: the whole program, when a login page takes the place of a page', async () => {
  const html = `<html><title>Sign in\u001b[2J, ${secrets.password}</title>${secrets.password}</html>`
  await using feed = await startSpoiledFeed((good) =>
    good.page === 3 ? [answer({ headers: { 'Content-Type': 'text/html' }, body: html })] : undefined,
  )

  const met = await expectInvariant({ ...feed, env, secrets, ending: { kind: 'protocol' } })

  expect(met.error?.message).toContain('Sign in')
})
