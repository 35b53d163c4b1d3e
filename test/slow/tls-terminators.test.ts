import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectInvariant, type ErrorRecord, type FaultCase } from '../faults/invariant.ts'
import { startSpoiledFeed } from '../faults/spoiled-feed.ts'
import { suiteCertificates, type Authority, type Issued } from '../http/certificates.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { findProgram, freePort } from './daemon.ts'
import { haproxy, nginx, startTerminator, stunnel, type Meeting, type Terminator } from './terminators.ts'

const terminators = [haproxy, stunnel, nginx]
const faketime = findProgram('faketime')
const missing = terminators.filter(({ program }) => program === undefined).map(({ name }) => name)

test.runIf(process.env['CI'] === 'true')('haproxy, stunnel4, nginx and faketime are installed', () => {
  expect(missing).toEqual([])
  expect(faketime).toBeDefined()
})

const secrets = { password: 'c4n4ry p/w+é 1616161', passphrase: 'c4n4ry-open-2626262', other: 'c4n4ry-shut-3636363' }
const login = { STIXTAXII_USERNAME: 'ann', STIXTAXII_PASSWORD: secrets.password }

const pki = suiteCertificates()
let strange: Authority
beforeAll(() => void (strange = pki.files.authority('strange')))

interface Bad {
  readonly meeting?: Partial<Meeting> | undefined
  /** Of the server's certificate once the fault is gone. */
  readonly mendedMeeting?: Partial<Meeting> | undefined
}

/** A fetch from a TAXII server behind a terminator, first under the fault, then without: the error record of the first. */
async function meet(terminator: Terminator, bad: Bad, fault: Partial<FaultCase>): Promise<ErrorRecord | undefined> {
  await using feed = await startSpoiledFeed(() => undefined, { objects: 30 })
  const places = { port: await freePort(), upstream: feed.port, folder: pki.files.folder }
  let running = await startTerminator(terminator, places, { server: pki.server, ...bad.meeting })
  try {
    const met = await expectInvariant({
      url: `https://127.0.0.1:${places.port}${new URL(feed.url).pathname}`,
      truth: feed.truth,
      ending: 'survived',
      secrets,
      async mend() {
        await running[Symbol.asyncDispose]()
        running = await startTerminator(terminator, places, { server: pki.server, ...bad.mendedMeeting })
      },
      ...fault,
      env: { STIXTAXII_CA: pki.authority.certFile, ...login, ...fault.env },
      mendedEnv: { STIXTAXII_CA: pki.authority.certFile, ...login, ...fault.mendedEnv },
    })
    const { error } = met
    expect(error?.hint ?? '', error?.message).not.toMatch(/insecure|verif|switch|turn(ed)? off|disable/i)
    return error
  } finally {
    await running[Symbol.asyncDispose]()
  }
}

describe.each(terminators)('N16 with a real $name', (terminator) => {
  const known = test.skipIf(terminator.program === undefined)
  // What does not depend on the library's use by this or that program is tried with one of them.
  const knownOnce = test.skipIf(terminator.program === undefined || terminator !== haproxy)

  known('N16: one that speaks only TLS 1.0 and 1.1', async () => {
    const ending = { kind: 'refused', code: 'HTTP_TLS_OLD_VERSION' } as const
    const error = await meet(terminator, { meeting: { versions: ['1.0', '1.1'] } }, { ending })
    expect(error?.message).toContain('versions of TLS that are broken')
  })

  knownOnce('N16: one whose certificate is for another name', async () => {
    const other = pki.authority.issue('other', { names: 'DNS:elsewhere.example' })
    const ending = { kind: 'refused', code: 'HTTP_TLS_NAME' } as const
    const error = await meet(terminator, { meeting: { server: other } }, { ending })
    expect(error?.message).toContain('elsewhere.example')
  })

  knownOnce('N16: one whose key has 1024 bits', async () => {
    const weak = pki.authority.issue('weak', { key: 'rsa1024' })
    await meet(terminator, { meeting: { server: weak } }, { ending: { kind: 'refused', code: 'HTTP_TLS_WEAK_KEY' } })
  })

  knownOnce('N16: one whose certificate is signed with SHA-1', async () => {
    const weak = pki.authority.issue('sha1', { digest: 'sha1' })
    await meet(terminator, { meeting: { server: weak } }, { ending: { kind: 'refused', code: 'HTTP_TLS_WEAK_KEY' } })
  })

  describe('that demands a client certificate', () => {
    const demanding = (): Bad => {
      const meeting = { clientAuthority: pki.authority.certFile }
      return { meeting, mendedMeeting: meeting }
    }
    const taken = (code: string) => ({
      kind: 'auth' as const,
      // nginx lets everybody shake hands and complains in HTTP.
      code: terminator === nginx ? 'TAXII_CERTIFICATE_WANTED' : code,
    })
    const ours = ({ certFile, keyFile }: Issued) => ({ STIXTAXII_CERTIFICATE: certFile, STIXTAXII_KEY: keyFile })

    known('N16: gets the right one', async () => {
      const env = ours(pki.client)
      expect(await meet(terminator, demanding(), { env, mendedEnv: env })).toBeUndefined()
    })

    known('N16: and ours is missing', async () => {
      const ending = taken('HTTP_CLIENT_CERTIFICATE_MISSING')
      await meet(terminator, demanding(), { ending, mendedEnv: ours(pki.client) })
    })

    known('N16: and ours has expired', async () => {
      const dates = { notBefore: '20200101000000Z', notAfter: '20210101000000Z' }
      const old = pki.authority.issue('old', { usage: 'clientAuth', ...dates })
      const ending = taken('HTTP_CLIENT_CERTIFICATE_EXPIRED')
      await meet(terminator, demanding(), { ending, env: ours(old), mendedEnv: ours(pki.client) })
    })

    known('N16: and ours is of another authority', async () => {
      const foreign = strange.issue('foreign', { usage: 'clientAuth' })
      const ending = taken('HTTP_CLIENT_CERTIFICATE_REFUSED')
      await meet(terminator, demanding(), { ending, env: ours(foreign), mendedEnv: ours(pki.client) })
    })

    knownOnce('N16: and the passphrase of our key is wrong, or missing', async () => {
      const keyFile = path.join(temporaryFolder(), 'locked.key')
      writeFileSync(keyFile, pki.files.encryptKey(pki.client, secrets.passphrase), { mode: 0o600 })
      const locked = ours({ ...pki.client, keyFile })
      const mendedEnv = { ...locked, STIXTAXII_KEY_PASSPHRASE: secrets.passphrase }
      const ending = { kind: 'auth', code: 'HTTP_CLIENT_KEY_PASSPHRASE' } as const
      const wrong = { ...locked, STIXTAXII_KEY_PASSPHRASE: secrets.other }
      expect((await meet(terminator, demanding(), { ending, env: wrong, mendedEnv }))?.message).toContain('wrong')
      expect((await meet(terminator, demanding(), { ending, env: locked, mendedEnv }))?.message).toContain('encrypted')
    })
  })
})

describe.skipIf(nginx.program === undefined)('N16 with OCSP answers that a real nginx staples', () => {
  test('N16: revoked, by an answer of openssl ocsp', async () => {
    const revoked = pki.authority.issue('revoked')
    const staple = path.join(pki.files.folder, 'revoked.der')
    writeFileSync(staple, pki.authority.ocsp(revoked, true))
    const ending = { kind: 'refused', code: 'HTTP_TLS_REVOKED' } as const

    const error = await meet(nginx, { meeting: { server: revoked, staple } }, { ending })

    expect(error?.message).toContain('revoked')
  })

  test('N16: good', async () => {
    const staple = path.join(pki.files.folder, 'good.der')
    writeFileSync(staple, pki.authority.ocsp(pki.server, false))
    expect(await meet(nginx, { meeting: { staple } }, {})).toBeUndefined()
  })
})

const clocked = haproxy.program === undefined || faketime === undefined

describe.skipIf(clocked)('N16 with the clock of the machine moved (haproxy, faketime)', () => {
  const dayMs = 86_400_000
  const stamp = (days: number): string =>
    `${new Date(Date.now() + days * dayMs).toISOString().slice(0, 19).replace(/\D/g, '')}Z`

  test.each([
    ['expired 400 days from now', '+400d', 'HTTP_TLS_EXPIRED', 'expired'],
    ['was not valid 400 days ago', '-400d', 'HTTP_TLS_NOT_YET_VALID', 'not valid yet'],
  ] as const)('N16: a certificate that %s', async (_name, moved, code, words) => {
    const mortal = pki.authority.issue('mortal', { notBefore: stamp(-20), notAfter: stamp(20) })
    const prefix = [faketime as string, '-f', moved]
    const meeting = { server: mortal }

    const error = await meet(
      haproxy,
      { meeting, mendedMeeting: meeting },
      { ending: { kind: 'refused', code }, prefix },
    )

    expect(error?.message).toContain(words)
    expect(error?.hint).toContain('clock of this machine')
  })

  test('N16: an authority that has expired while the certificate below it has not', async () => {
    const prefix = [faketime as string, '-f', '+400d']
    const error = await meet(haproxy, {}, { ending: { kind: 'refused', code: 'HTTP_TLS_EXPIRED' }, prefix })
    expect(`${error?.message} ${error?.hint}`).toMatch(/authority/)
  })
})
