import { readFileSync } from 'node:fs'
import path from 'node:path'

const file = (name: string): string => path.join(import.meta.dirname, 'tls', name)
const text = (name: string): string => readFileSync(file(name), 'utf8')

/** Files made by `tls/make.sh`: an authority, a server and a client certificate of its own. */
export const tlsFiles = {
  authority: file('authority.pem'),
  certificate: file('client.pem'),
  key: file('client.key'),
  lockedKey: file('client-locked.key'),
  passphrase: 'open-sesame',
} as const

/** The server's side; `clients`: asks for a client certificate. */
export function serverTls(options: { clients?: boolean } = {}): {
  readonly key: string
  readonly cert: string
  readonly clientAuthorities?: string
} {
  const pair = { key: text('server.key'), cert: text('server.pem') }
  return options.clients ? { ...pair, clientAuthorities: text('authority.pem') } : pair
}
