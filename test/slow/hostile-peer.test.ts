import { isUtf8 } from 'node:buffer'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type AddressInfo } from 'node:net'
import path from 'node:path'
import { createServer } from 'node:tls'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { startTaxii2Server } from '../../src/simulate/taxii2-server.ts'
import { rawIn, hostileTexts } from '../hostile/texts.ts'
import { someIndicators } from '../support/indicators.ts'
import { runCli, temporaryFolder } from '../support/run-cli.ts'
import { programFile, runProgram } from '../support/run-program.ts'
import { hasOpenssl } from '../http/certificates.ts'
import { aServedFolder, taxii21 } from './a-serving-program.ts'

/** What no encoding of text allows, besides the texts: a certificate and a header are bytes. */
const hostileBytes: readonly (readonly [string, Buffer])[] = [
  ...Object.entries(hostileTexts).map(([name, text]) => [name, Buffer.from(text)] as const),
  ['a byte that is no UTF-8', Buffer.from([0x61, 0xff, 0xfe, 0x1b, 0x5b, 0x32, 0x4a])],
  ['an overlong line feed', Buffer.from([0x61, 0xc0, 0x8a, 0x62, 0xe0, 0x80, 0x8a])],
  ['a surrogate as UTF-8', Buffer.from([0xed, 0xa0, 0x80, 0x62])],
  ['a character cut short', Buffer.from([0x61, 0xe2, 0x80])],
  ['a C1 control as one byte', Buffer.from([0x9b, 0x33, 0x31, 0x6d])],
]

/** Longest name of a certificate. */
const mostInName = 64

/** A certificate that is signed by itself, whose names of subject and issuer, and name of host, are these very bytes. */
function certificateNamed(bytes: Buffer): { readonly cert: string; readonly key: string } {
  const folder = temporaryFolder()
  const named = bytes.subarray(0, mostInName)
  const mark = 'q'.repeat(Math.max(4, named.length))
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-days', '30', '-utf8'],
      ...['-keyout', 'key.pem', '-outform', 'DER', '-out', 'cert.der', '-subj', `/O=${mark}/CN=${mark}`],
      ...['-addext', `subjectAltName=DNS:${mark}.example,URI:urn:${mark}`],
    ],
    { cwd: folder, stdio: 'ignore' },
  )
  const der = readFileSync(path.join(folder, 'cert.der'))
  // The signature no longer holds: it is not looked at, as nobody trusts who made it.
  for (let at = der.indexOf(mark); at >= 0; at = der.indexOf(mark, at + 1)) {
    der.fill('x', at, at + mark.length)
    named.copy(der, at)
    // What is no UTF-8 can still be in a TeletexString (X.680, 8.4).
    if (der[at - 2] === 0x0c && !isUtf8(named)) der[at - 2] = 0x14
  }
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  const cert = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
  return { cert, key: readFileSync(path.join(folder, 'key.pem'), 'utf8') }
}

async function serveWith(certificate: { readonly cert: string; readonly key: string }) {
  const body = `HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`
  const server = createServer(certificate, (socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(body))
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `https://localhost:${port}/taxii2/`, [Symbol.asyncDispose]: async () => void server.close() }
}

describe.skipIf(!hasOpenssl && process.env.CI !== 'true')('names in a certificate', () => {
  it.each(hostileBytes)('S8: %s in subject, issuer and names of a certificate shows nowhere', async (_name, bytes) => {
    const folder = temporaryFolder()
    const certificate = certificateNamed(bytes)
    const ca = path.join(folder, 'ca.pem')
    writeFileSync(ca, certificate.cert)
    await using server = await serveWith(certificate)
    for (const [turn, more] of [[], ['--ca', ca], ['--insecure', '--yes']].entries()) {
      for (const format of ['table', 'json']) {
        const trace = path.join(folder, `trace-${turn}-${format}`)
        const words = ['discover', server.url, '--auth', 'none', '-v', '-o', format, '--trace-http', trace, ...more]
        const { exitCode, stdout, stderr } = await runCli(words, {
          folder,
          columns: format === 'table' ? 80 : undefined,
          env: { NO_COLOR: '1' },
        })
        const traced = existsSync(trace) ? readFileSync(trace, 'utf8') : ''
        expect([rawIn(stdout), rawIn(withoutOwn(stderr)), rawIn(traced)], stderr).toEqual([
          undefined,
          undefined,
          undefined,
        ])
        // Signed by itself; once trusted, of another name, which is shown; without looking, the 401 behind it.
        expect(stderr).toContain(['HTTP_TLS_SELF_SIGNED', 'HTTP_TLS_NAME', 'TAXII_UNAUTHORIZED'][turn])
        expect(exitCode).toBe(turn === 2 ? 4 : 13)
      }
    }
  })
})

/** What our own spinner, cursor and colours write. */
function withoutOwn(text: string): string {
  return text.replaceAll(/\u001b\[(?:\d*[GKA]|\?25[lh]|\d*J|\?2026[hl])|\r/g, '')
}

const run = promisify(execFile)
const hasScript = ((): boolean => {
  try {
    execFileSync('script', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

describe.skipIf(!hasScript && process.env.CI !== 'true')('a real pseudo-terminal', () => {
  it(
    'S8: gets nothing of each hostile text in every title, name, message and label',
    { timeout: 300_000 },
    async () => {
      const texts = Object.values(hostileTexts)
      const known = someIndicators(texts.length)
      const objects = known.map((object, n) => {
        const text = texts[n] ?? ''
        return { ...object, name: text, description: text, labels: [text], pattern_type: 'stix' }
      })
      await using server = await startTaxii2Server({
        version: '2.1',
        title: texts.join(' '),
        contact: texts.at(-1) ?? '',
        collections: texts.map((text, n) => ({ id: `c${n}`, title: text, description: text, alias: `a${n}`, objects })),
      })
      const folder = temporaryFolder()
      const flags = ['--url', server.discoveryUrl, '--begin', '100mo', '--auth', 'none', '--collection', 'c1']
      const saved = await runProgram(['configure', 'taxii', 'feed', ...flags, '--allow-http', '--no-test'], { folder })
      expect(saved.exitCode, saved.stderr).toBe(0)
      const lines = [
        ['collections', 'feed'],
        ['discover', 'feed'],
        ['doctor', 'feed'],
        ['fetch', 'feed'],
        ['status'],
        ['lookup', '198.51.100.1'],
        ['get', 'feed', '--id', known[0]?.id ?? ''],
      ]
      for (const words of lines) {
        const line = [process.execPath, programFile, ...words].map((word) => `'${word}'`).join(' ')
        const env = {
          ...{ PATH: process.env.PATH, HOME: folder, TERM: 'xterm-256color', NO_COLOR: '1' },
          STIXTAXII_CONFIG_DIR: path.join(folder, 'config'),
          STIXTAXII_DATA_DIR: path.join(folder, 'data'),
        }
        const { stdout } = await run('script', ['-qec', `stty cols 100; ${line} || true`, '/dev/null'], {
          cwd: folder,
          env,
          encoding: 'utf8',
          maxBuffer: 64 * 1024 * 1024,
        })
        expect(stdout.length, words.join(' ')).toBeGreaterThan(10)
        expect(rawIn(withoutOwn(stdout)), words.join(' ')).toBeUndefined()
      }
    },
  )
})

/** Sends bytes and waits for the end of the connection; gives the answer. */
function sendRaw(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.setTimeout(5_000, () => socket.destroy())
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
  })
}

describe('the log of serve', () => {
  it('S8, S21: is whole lines of JSON without anything raw, whatever a client sends for a name, path or header', async () => {
    const folder = await aServedFolder()
    const audit = path.join(folder, 'audit.ndjson')
    const child = spawn(
      process.execPath,
      [programFile, 'serve', '--port', '0', '-o', 'ndjson', '--log-level', 'info', '--audit-log', audit],
      {
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          STIXTAXII_CONFIG_DIR: path.join(folder, 'config'),
          STIXTAXII_DATA_DIR: path.join(folder, 'data'),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    const ended = new Promise((resolve) => child.once('exit', resolve))
    let [said, logged] = ['', Buffer.alloc(0)]
    child.stderr.on('data', (chunk: Buffer) => (logged = Buffer.concat([logged, chunk])))
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        if (said.includes('\n')) resolve()
      })
    })
    const port = Number(new URL((JSON.parse(said) as { url: string }).url).port)
    let answers = 0
    for (const [, bytes] of hostileBytes) {
      const text = bytes.subarray(0, 6000)
      const escaped = [...text].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
      const login = Buffer.concat([text, Buffer.from(':x')]).toString('base64')
      const head = (method: string, where: string | Buffer, headers: readonly (string | Buffer)[], body = '') => {
        const first = [Buffer.from(`${method} `), Buffer.from(where as string), Buffer.from(' HTTP/1.1\r\n')]
        const own = [`Host: 127.0.0.1:${port}\r\n`, 'Connection: close\r\n', `Content-Length: ${body.length}\r\n`]
        return Buffer.concat([
          ...first,
          ...[...own, ...headers].map((each) => Buffer.from(each as string)),
          Buffer.from(`\r\n${body}`),
        ])
      }
      const header = (name: string) => Buffer.concat([Buffer.from(`${name}: `), text, Buffer.from('\r\n')])
      const form = `username=${escaped}&password=${escaped}`
      for (const request of [
        head('GET', `/taxii2/${escaped.slice(0, 3000)}?match[id]=${escaped.slice(0, 3000)}`, [
          `Accept: ${taxii21}\r\n`,
        ]),
        head('GET', Buffer.concat([Buffer.from('/'), text.subarray(0, 500)]), []),
        head('GET', '/taxii2/', [`Authorization: Basic ${login}\r\n`, `Accept: ${taxii21}\r\n`]),
        head('GET', '/taxii2/', [`Authorization: Bearer ${escaped.slice(0, 500)}\r\n`]),
        head('GET', '/taxii2/', [
          header('User-Agent'),
          header('Accept'),
          header('X-Forwarded-For'),
          header('X-Request-Id'),
        ]),
        head('POST', '/management/auth', ['Content-Type: application/x-www-form-urlencoded\r\n'], form),
        head('POST', '/login', ['Content-Type: application/x-www-form-urlencoded\r\n'], form),
        head(
          'POST',
          '/services/inbox',
          [header('X-TAXII-Content-Type'), 'Content-Type: application/xml\r\n'],
          `<a>${form}`,
        ),
        head(`G${text.toString('latin1').slice(0, 3)}T`, '/', []),
      ]) {
        const answer = await sendRaw(port, request)
        if (answer.startsWith('HTTP/1.1 ')) answers++
        expect(answer).not.toMatch(/^HTTP\/1\.1 5/)
      }
    }
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(answers).toBeGreaterThan(hostileBytes.length * 7)
    const audited = readFileSync(audit)
    expect(audited.length).toBeGreaterThan(1000)
    for (const bytes of [logged, audited]) {
      const lines = bytes.toString('utf8')
      expect(Buffer.from(lines).equals(bytes), 'the log is UTF-8').toBe(true)
      expect(rawIn(lines)).toBeUndefined()
      for (const line of lines
        .split('\n')
        .filter((each) => each !== '' && !/^(?:\{"warning":|Serving \d+ |TAXII \d)/.test(each))) {
        expect(line.length).toBeLessThan(8_000)
        const { time, level, event } = JSON.parse(line) as Record<string, unknown>
        expect([typeof time, typeof level, typeof event], line).toEqual(['string', 'string', 'string'])
        // The texts have a record of their own in them: none of it is one here.
        expect(line.startsWith('{"time":'), line).toBe(true)
      }
    }
  }, 300_000)
})
