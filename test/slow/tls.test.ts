import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import type { TlsOptions } from '../../src/http/options.ts'
import { anHttp, basicFor, faultOf, noRetries, outcomeOf, type Outcome } from '../http/an-http.ts'
import { suiteCertificates } from '../http/certificates.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { findProgram, freePort, startDaemon } from './daemon.ts'

const nginx = findProgram('nginx')

describe.skipIf(!nginx)('N16, N19, S25 with a real nginx', () => {
  const pki = suiteCertificates()
  let folder: string
  beforeAll(() => void (folder = temporaryFolder()))

  const start = async (lines: string): Promise<{ origin: string } & AsyncDisposable> => {
    const port = await freePort()
    const config = path.join(folder, `nginx-${port}.conf`)
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
      .join(' ')
    writeFileSync(
      config,
      `daemon off; master_process off; error_log stderr; pid ${folder}/${port}.pid;
events {}
http {
  access_log off; ${temporary}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${pki.server.certFile}; ssl_certificate_key ${pki.server.keyFile};
    ${lines}
    location / { return 200 "$ssl_client_s_dn $http_authorization"; }
  }
}
`,
    )
    const daemon = await startDaemon(nginx as string, ['-c', config, '-p', folder], port)
    return { origin: `https://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose]() }
  }

  const ask = async (origin: string, certificate: TlsOptions['clientCertificate']): Promise<Outcome> => {
    await using opened = anHttp(origin, {
      tls: { ca: [pki.authority.cert], clientCertificate: certificate },
      access: [basicFor(origin, 'u', 'p')],
      retry: noRetries,
    })
    return await outcomeOf(opened.http, new URL(origin))
  }

  test('a client certificate in each of its forms, together with Basic', async () => {
    await using strict = await start(`ssl_client_certificate ${pki.authority.certFile}; ssl_verify_client on;`)
    const passphrase = new Secret('opensesame')
    const forms: readonly TlsOptions['clientCertificate'][] = [
      { pem: pki.client.cert, keyPem: new Secret(pki.client.key.toString()) },
      { pem: Buffer.concat([pki.client.cert, pki.client.key]) },
      { pkcs12: pki.files.pkcs12(pki.client, 'opensesame'), passphrase },
      {
        pem: pki.client.cert,
        keyPem: new Secret(pki.files.encryptKey(pki.client, 'opensesame').toString()),
        passphrase,
      },
    ]
    for (const form of forms) expect((await ask(strict.origin, form)).text).toBe('CN=client Basic dTpw')

    // nginx shakes hands first and answers 400 in HTTP after that.
    const without = await ask(strict.origin, undefined)
    expect(without).toMatchObject({ status: 400 })
    expect(without.text).toContain('No required SSL certificate was sent')
  })

  test('N16: a server that speaks only TLS 1.1', async () => {
    await using old = await start('ssl_protocols TLSv1.1; ssl_ciphers DEFAULT@SECLEVEL=0;')

    expect(faultOf(await ask(old.origin, undefined))).toBe('HTTP_TLS_OLD_VERSION refused')
  })

  test('N19: connections that nginx closes after one, two or three requests are not noticed', async () => {
    for (const requests of [1, 2, 3]) {
      await using closing = await start(`keepalive_requests ${requests};`)
      await using opened = anHttp(closing.origin, { tls: { ca: [pki.authority.cert] } })
      const statuses = []
      for (let count = 0; count < 12; count++) {
        statuses.push((await outcomeOf(opened.http, new URL(closing.origin))).status)
      }

      expect(new Set(statuses)).toEqual(new Set([200]))
      expect(opened.clock.slept).toEqual([])
    }
  })
})
