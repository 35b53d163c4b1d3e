import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Issued } from '../http/certificates.ts'
import { findProgram, startDaemon } from './daemon.ts'

/** How a terminator meets its clients. */
export interface Meeting {
  readonly server: Issued
  /** The oldest and newest version; default: whatever is safe. */
  readonly versions?: readonly ['1.0', '1.1'] | undefined
  /** The file of the authority whose client certificates it demands; default: it asks for none. */
  readonly clientAuthority?: string | undefined
  /** The file of an OCSP answer to staple. */
  readonly staple?: string | undefined
}

/** A program that ends TLS in front of a server that has none. */
export interface Terminator {
  readonly name: string
  readonly program: string | undefined
  /** The text of its configuration, and the arguments that read it from `file`. */
  readonly configure: (port: number, upstream: number, meeting: Meeting, folder: string) => string
  readonly argv: (file: string, folder: string) => readonly string[]
}

const listOf = (lines: readonly (string | undefined | false)[]): string =>
  `${lines.filter((line) => typeof line === 'string').join('\n')}\n`

/** HAProxy: knows HTTP, shakes hands by OpenSSL. */
export const haproxy: Terminator = {
  name: 'haproxy',
  program: findProgram('haproxy'),
  configure(port, upstream, { server, versions, clientAuthority, staple }, folder) {
    const pair = path.join(folder, `${port}-pair.pem`)
    writeFileSync(pair, Buffer.concat([server.cert, server.key]))
    const tls = [
      versions && `ssl-min-ver TLSv${versions[0]} ssl-max-ver TLSv${versions[1]}`,
      clientAuthority !== undefined && `ca-file ${clientAuthority} verify required`,
    ]
    if (staple !== undefined) throw new Error('haproxy: stapling is not written')
    return listOf([
      'global',
      '  maxconn 100',
      'defaults',
      '  mode http',
      '  timeout connect 5s',
      '  timeout client 20s',
      '  timeout server 20s',
      'frontend in',
      `  bind 127.0.0.1:${port} ssl crt ${pair} ciphers DEFAULT@SECLEVEL=0 ${tls.filter(Boolean).join(' ')}`,
      '  default_backend behind',
      'backend behind',
      `  server one 127.0.0.1:${upstream}`,
    ])
  },
  argv: (file) => ['-db', '-f', file],
}

/** stunnel: a tunnel of bytes, knows nothing of HTTP. */
export const stunnel: Terminator = {
  name: 'stunnel4',
  program: findProgram('stunnel4'),
  configure(port, upstream, { server, versions, clientAuthority, staple }) {
    if (staple !== undefined) throw new Error('stunnel: stapling is not written')
    return listOf([
      'foreground = yes',
      'pid =',
      '[in]',
      `accept = 127.0.0.1:${port}`,
      `connect = 127.0.0.1:${upstream}`,
      `cert = ${server.certFile}`,
      `key = ${server.keyFile}`,
      'securityLevel = 0',
      'ciphers = DEFAULT@SECLEVEL=0',
      versions && `sslVersionMin = TLSv${versions[0] === '1.0' ? '1' : versions[0]}`,
      versions && `sslVersionMax = TLSv${versions[1]}`,
      clientAuthority !== undefined && `CAfile = ${clientAuthority}`,
      clientAuthority !== undefined && 'verifyChain = yes',
    ])
  },
  argv: (file) => [file],
}

/** nginx: shakes hands with anybody and complains of the client certificate in HTTP. */
export const nginx: Terminator = {
  name: 'nginx',
  program: findProgram('nginx'),
  configure(port, upstream, { server, versions, clientAuthority, staple }, folder) {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    return listOf([
      `daemon off; master_process off; error_log stderr; pid ${folder}/${port}.pid;`,
      'events {}',
      'http {',
      '  access_log off;',
      ...temporary.map((kind) => `  ${kind}_temp_path ${folder}/${kind};`),
      '  server {',
      `    listen 127.0.0.1:${port} ssl;`,
      `    ssl_certificate ${server.certFile}; ssl_certificate_key ${server.keyFile};`,
      '    ssl_ciphers DEFAULT@SECLEVEL=0;',
      versions && `    ssl_protocols TLSv${versions[0] === '1.0' ? '1' : versions[0]} TLSv${versions[1]};`,
      clientAuthority !== undefined && `    ssl_client_certificate ${clientAuthority}; ssl_verify_client on;`,
      staple !== undefined && `    ssl_stapling on; ssl_stapling_file ${staple};`,
      `    location / { proxy_pass http://127.0.0.1:${upstream}; proxy_set_header Host $http_host; }`,
      '  }',
      '}',
    ])
  },
  argv: (file, folder) => ['-c', file, '-p', folder],
}

/**
 * Runs a terminator on a port of loopback. It takes weak keys and old versions, whatever the machine's OpenSSL thinks of
 * them: what is to be seen is what the client thinks.
 */
export async function startTerminator(
  terminator: Terminator,
  places: { readonly port: number; readonly upstream: number; readonly folder: string },
  meeting: Meeting,
): Promise<AsyncDisposable> {
  const { port, upstream, folder } = places
  const lax = path.join(folder, 'openssl.cnf')
  writeFileSync(
    lax,
    'openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nCipherString = DEFAULT@SECLEVEL=0\n',
  )
  const file = path.join(folder, `${terminator.name}-${port}.conf`)
  writeFileSync(file, terminator.configure(port, upstream, meeting, folder))
  const argv = [`OPENSSL_CONF=${lax}`, terminator.program as string, ...terminator.argv(file, folder)]
  return await startDaemon('env', argv, port)
}
