/** The part of undici's SOCKS5 protocol code that we use; undici ships no types for it. */
declare module 'undici/lib/core/socks5-client.js' {
  import type { EventEmitter } from 'node:events'
  import type { Duplex } from 'node:stream'

  export class Socks5Client extends EventEmitter {
    constructor(socket: Duplex, options: { username?: string | undefined; password?: string | undefined })
    readonly onSocketError: (error: Error) => void
    readonly onSocketClose: () => void
    handshake(): void
    connect(host: string, port: number): void
  }
}
