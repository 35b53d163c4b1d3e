import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** What is done with the next COMMIT that goes to the server. */
export type Cut = 'before it arrives' | 'before its answer arrives'

/** Stands between a store and PostgreSQL and cuts the connection where a COMMIT goes by, once for each time it is told to. */
export interface CutProxy extends AsyncDisposable {
  readonly port: number
  cutNext(cut: Cut): void
  /** How often it has cut. */
  readonly cuts: number
}

export async function aCutProxy(serverPort: number): Promise<CutProxy> {
  const sockets = new Set<Socket>()
  let next: Cut | undefined
  let cuts = 0
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1')
    let isMute = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        if (!isMute) upstream.destroy()
      })
    }
    client.on('data', (chunk) => {
      if (!next || !chunk.includes('COMMIT\u0000')) return void upstream.write(chunk)
      cuts++
      isMute = next === 'before its answer arrives'
      next = undefined
      // The server has it, and is given the time to do it.
      if (isMute) upstream.write(chunk)
      else client.destroy()
    })
    upstream.on('data', (chunk) => {
      if (!isMute) return void client.write(chunk)
      client.destroy()
      upstream.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    cutNext: (cut) => void (next = cut),
    get cuts() {
      return cuts
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
