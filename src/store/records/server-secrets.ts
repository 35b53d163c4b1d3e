import type { Records } from '../records.ts'

const kind = 'server-secret'

/**
 * A key of the server's own, the same for every process on this store: made by `generate` when it is first asked for, and
 * kept. Nobody else's, and in no configuration.
 */
export async function serverSecret(records: Records, name: string, generate: () => Buffer): Promise<Buffer> {
  for (;;) {
    const found = await records.get(kind, name)
    if (found) return Buffer.from(found.body as string, 'base64')
    // Another process may be first: then its key is the one.
    await records.write([{ kind, id: name, body: generate().toString('base64'), revision: 0 }])
  }
}
