import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectInvariant, type Ending, type Met } from '../faults/invariant.ts'
import { startSpoiledFeed, type SpoiledFeedOptions } from '../faults/spoiled-feed.ts'
import { hasOpenssl, suiteCertificates } from '../http/certificates.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { freePort } from './daemon.ts'

type Variables = Readonly<Record<string, string | undefined>>

interface Surroundings {
  readonly ending: Ending
  /** What stands in the environment of the run under the fault alone. */
  readonly env: Variables
  /** What stands in it always. */
  readonly always?: Variables | undefined
  readonly feed?: SpoiledFeedOptions | undefined
}

/** A fetch of the built program with something in its environment, and how many requests the server saw by then. */
async function meet({ ending, env, always, feed: options }: Surroundings): Promise<Met & { readonly asked: number }> {
  await using feed = await startSpoiledFeed(() => undefined, { objects: 20, ...options })
  let asked = 0
  const met = await expectInvariant({
    url: feed.url,
    truth: feed.truth,
    ending,
    secrets: { password: 'c4n4ry p/w+é 3030303' },
    env: { ...always, ...env },
    mendedEnv: { ...always },
    mend: () => (asked = feed.requests.length),
  })
  return { ...met, asked }
}

describe.skipIf(!hasOpenssl)('S3 what the environment may not do to TLS (needs openssl)', () => {
  const pki = suiteCertificates()
  let trusting: Variables
  beforeAll(() => void (trusting = { STIXTAXII_CA: pki.authority.certFile }))

  test('S3: NODE_TLS_REJECT_UNAUTHORIZED=0 and a secret: refused before anybody is asked', async () => {
    const { error, asked } = await meet({
      ending: { kind: 'refused', code: 'PROFILE_TLS_DISABLED' },
      env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      always: { ...trusting, STIXTAXII_USERNAME: 'ann', STIXTAXII_PASSWORD: 'c4n4ry p/w+é 3030303' },
      feed: { tls: pki.server },
    })
    expect(error?.message).toContain('NODE_TLS_REJECT_UNAUTHORIZED=0')
    expect(asked).toBe(0)
  })

  test('S3: NODE_TLS_REJECT_UNAUTHORIZED=0 and no secret: said, and the server is looked at all the same', async () => {
    await using feed = await startSpoiledFeed(() => undefined, { objects: 20, tls: pki.server })
    const { result } = await expectInvariant({
      url: feed.url,
      truth: feed.truth,
      ending: { kind: 'refused', code: ['HTTP_TLS_UNKNOWN_CA', 'HTTP_TLS_SELF_SIGNED'] },
      env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      mendedEnv: trusting,
    })
    expect(result.stderr).toContain('NODE_TLS_REJECT_UNAUTHORIZED=0 is set')
  })

  test('S3: NODE_EXTRA_CA_CERTS adds an authority, as the administrator of the machine wants it', async () => {
    const { error } = await meet({
      ending: 'survived',
      env: { NODE_EXTRA_CA_CERTS: pki.authority.certFile, STIXTAXII_CA: undefined },
      always: trusting,
      feed: { tls: pki.server },
    })
    expect(error).toBeUndefined()
  })

  test.each([
    ['TLS 1.1', 'HTTP_TLS_OLD_VERSION', {}, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }],
    ['a key of 1024 bits', 'HTTP_TLS_WEAK_KEY', { key: 'rsa1024' }, {}],
    ['a certificate signed with SHA-1', 'HTTP_TLS_WEAK_KEY', { digest: 'sha1' }, {}],
  ] as const)('S3: NODE_OPTIONS does not make %s good enough', async (_name, code, leaf, more) => {
    const weak = pki.authority.issue('weak', leaf)
    await using feed = await startSpoiledFeed(() => undefined, {
      objects: 20,
      tls: { ...weak, ...more, ciphers: 'DEFAULT@SECLEVEL=0' },
    })
    await using good = await startSpoiledFeed(() => undefined, { objects: 20, tls: pki.server })
    const env = { ...trusting, NODE_OPTIONS: '--tls-min-v1.0 --tls-cipher-list=DEFAULT@SECLEVEL=0' }
    // The mended run goes to another server: what one has, the other has too.
    const mendedEnv = { ...trusting, STIXTAXII_URL: good.url }
    const met = await expectInvariant({
      url: feed.url,
      truth: good.truth,
      ending: { kind: 'refused', code },
      env,
      mendedEnv,
    })
    expect(met.error?.hint).not.toMatch(/insecure|verif|switch|disable/i)
  })

  test('S3: SSLKEYLOGFILE writes nothing; --tls-keylog in NODE_OPTIONS is Node’s own, and does', async () => {
    const folder = temporaryFolder()
    const [ignored, kept] = [path.join(folder, 'ignored'), path.join(folder, 'kept')]
    await meet({ ending: 'survived', env: { SSLKEYLOGFILE: ignored }, always: trusting, feed: { tls: pki.server } })
    await meet({
      ending: 'survived',
      env: { NODE_OPTIONS: `--tls-keylog=${kept}` },
      always: trusting,
      feed: { tls: pki.server },
    })
    expect(existsSync(ignored)).toBe(false)
    expect(readFileSync(kept, 'utf8')).toContain('TRAFFIC_SECRET')
  })
})

describe('S3 what the environment says of proxies', () => {
  const dead = async () => `http://127.0.0.1:${await freePort()}`

  test('S3: HTTP_PROXY is used and named when it is dead, and NO_PROXY exempts a host', async () => {
    const HTTP_PROXY = await dead()
    const { error, asked } = await meet({
      ending: { kind: 'network', code: 'HTTP_CONNECT_FAILED' },
      env: { HTTP_PROXY },
    })
    expect(error?.message).toContain(`proxy ${new URL(HTTP_PROXY).host}`)
    expect(asked).toBe(0)
    await meet({ ending: 'survived', env: { HTTP_PROXY, NO_PROXY: '127.0.0.1' } })
  })

  test('S3: HTTPS_PROXY is not for plain http, and HTTP_PROXY of a CGI request is for nobody', async () => {
    const proxy = await dead()
    await meet({ ending: 'survived', env: { HTTPS_PROXY: proxy, https_proxy: proxy } })
    await meet({ ending: 'survived', env: { HTTP_PROXY: proxy, REQUEST_METHOD: 'GET' } })
  })
})
