import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll } from 'vitest'

/** Whether certificates can be made here. */
export const hasOpenssl = ((): boolean => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

export interface Issued {
  readonly cert: Buffer
  readonly key: Buffer
  readonly certFile: string
  readonly keyFile: string
}

export interface LeafOptions {
  /** `DNS:a.example,IP:127.0.0.1`; the default is what the tests' servers listen on. */
  readonly names?: string | undefined
  /** `YYYYMMDDHHMMSSZ` */
  readonly notBefore?: string | undefined
  readonly notAfter?: string | undefined
  readonly key?: 'ec' | 'rsa1024' | undefined
  /** What it is signed with; default SHA-256. */
  readonly digest?: 'sha1' | undefined
  readonly usage?: 'serverAuth' | 'clientAuth' | undefined
}

export interface Authority extends Issued {
  issue(name: string, options?: LeafOptions): Issued
  /** A further authority below this one. */
  intermediate(name: string, options?: LeafOptions): Authority
  /** An OCSP answer that says whether a certificate is revoked. */
  ocsp(issued: Issued, revoked: boolean): Buffer
}

export interface CertificateFolder {
  readonly folder: string
  authority(name: string): Authority
  selfSigned(name: string): Issued
  /** The same key, encrypted. */
  encryptKey(issued: Issued, passphrase: string): Buffer
  pkcs12(issued: Issued, passphrase: string): Buffer
  remove(): void
}

/** An authority, and what it gave to a server and to a client. */
export interface SuiteCertificates {
  readonly files: CertificateFolder
  readonly authority: Authority
  readonly server: Issued
  readonly client: Issued
}

/** Made before the tests of this suite and removed after them: only tests, and hooks that stand below, may read it. */
export function suiteCertificates(forServer: LeafOptions = {}): SuiteCertificates {
  const made = {} as SuiteCertificates
  beforeAll(() => {
    const files = certificateFolder()
    const authority = files.authority('root')
    const server = authority.issue('server', forServer)
    Object.assign(made, { files, authority, server, client: authority.issue('client', { usage: 'clientAuth' }) })
  })
  afterAll(() => made.files.remove())
  return made
}

/** A folder in which openssl makes the certificates of a test. */
export function certificateFolder(): CertificateFolder {
  const folder = mkdtempSync(path.join(tmpdir(), 'stixtaxii-certificates-'))
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  }
  const issued = (name: string): Issued => {
    const [certFile, keyFile] = [path.join(folder, `${name}.pem`), path.join(folder, `${name}.key`)]
    return { cert: readFileSync(certFile), key: readFileSync(keyFile), certFile, keyFile }
  }
  const newKey = (kind: LeafOptions['key']): string[] =>
    kind === 'rsa1024' ? ['-newkey', 'rsa:1024'] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  const makeSelfSigned = (name: string, extra: readonly string[]): Issued => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`]
    openssl('req', '-x509', '-nodes', ...newKey('ec'), ...files, '-subj', `/CN=${name}`, '-days', '30', ...extra)
    return issued(name)
  }
  const asAuthority = (name: string): Authority => {
    prepareAuthority(folder, name)
    const sign = (leaf: string, extensions: string, options: LeafOptions): Issued => {
      writeFileSync(path.join(folder, `${leaf}.ext`), extensions)
      const files = ['-keyout', `${leaf}.key`, '-out', `${leaf}.csr`]
      openssl('req', '-new', '-nodes', ...newKey(options.key), ...files, '-subj', `/CN=${leaf}`)
      const from = options.notBefore ?? '20250101000000Z'
      const until = options.notAfter ?? '20450101000000Z'
      const digest = options.digest === undefined ? [] : ['-md', options.digest]
      const span = ['-startdate', from, '-enddate', until, '-extfile', `${leaf}.ext`, ...digest]
      openssl('ca', '-batch', '-config', `${name}.cnf`, '-in', `${leaf}.csr`, '-out', `${leaf}.pem`, '-notext', ...span)
      return issued(leaf)
    }
    return {
      ...issued(name),
      issue(leaf, options = {}) {
        const names = options.names ?? 'DNS:localhost,IP:127.0.0.1'
        const usage = options.usage ?? 'serverAuth'
        return sign(leaf, `basicConstraints=CA:FALSE\nsubjectAltName=${names}\nextendedKeyUsage=${usage}\n`, options)
      },
      intermediate(lower, options = {}) {
        sign(lower, 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n', options)
        return asAuthority(lower)
      },
      ocsp(leaf, revoked) {
        if (revoked) openssl('ca', '-config', `${name}.cnf`, '-revoke', leaf.certFile)
        openssl('ocsp', '-issuer', `${name}.pem`, '-cert', leaf.certFile, '-reqout', 'ocsp.req')
        const signer = ['-rsigner', `${name}.pem`, '-rkey', `${name}.key`, '-CA', `${name}.pem`]
        openssl('ocsp', '-index', `${name}.txt`, ...signer, '-reqin', 'ocsp.req', '-respout', 'ocsp.res', '-ndays', '1')
        return readFileSync(path.join(folder, 'ocsp.res'))
      },
    }
  }
  return {
    folder,
    authority(name) {
      makeSelfSigned(name, ['-addext', 'keyUsage=keyCertSign,cRLSign,digitalSignature'])
      return asAuthority(name)
    },
    selfSigned: (name) => makeSelfSigned(name, ['-addext', 'subjectAltName=IP:127.0.0.1']),
    encryptKey({ keyFile }, passphrase) {
      openssl(
        'pkcs8',
        '-topk8',
        '-in',
        keyFile,
        '-out',
        'encrypted.key',
        '-v2',
        'aes-256-cbc',
        '-passout',
        `pass:${passphrase}`,
      )
      return readFileSync(path.join(folder, 'encrypted.key'))
    },
    pkcs12({ certFile, keyFile }, passphrase) {
      openssl(
        'pkcs12',
        '-export',
        '-in',
        certFile,
        '-inkey',
        keyFile,
        '-out',
        'pair.p12',
        '-passout',
        `pass:${passphrase}`,
      )
      return readFileSync(path.join(folder, 'pair.p12'))
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** What `openssl ca` wants to find, so that begin and end of a certificate can be chosen. */
function prepareAuthority(folder: string, name: string): void {
  const config = `[ca]
default_ca = this
[this]
dir = ${folder}
database = ${folder}/${name}.txt
new_certs_dir = ${folder}
serial = ${folder}/${name}.srl
certificate = ${folder}/${name}.pem
private_key = ${folder}/${name}.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
`
  writeFileSync(path.join(folder, `${name}.cnf`), config)
  writeFileSync(path.join(folder, `${name}.txt`), '')
  writeFileSync(path.join(folder, `${name}.srl`), `${Buffer.from(name).toString('hex').slice(0, 12)}01`)
}
