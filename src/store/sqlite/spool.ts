import { bytesOf, partOf } from '../spooled-part.ts'
import { deserialize, serialize } from 'node:v8'
import type { PageBatch, PagePart } from '../store.ts'
import { connect, type Connection } from './binding.ts'
import { reading, type Database } from './database.ts'

/** Parts of a batch, all of them here. */
export interface GatheredParts extends AsyncDisposable {
  read(): Iterable<PagePart>
}

const bytesInMemory = 16 * 1024 * 1024

/**
 * Waits for all parts before any lock is taken. What is more than 16 MiB goes to a private database of SQLite's own that is
 * gone when it is closed, also when this process dies.
 */
export async function gather(database: Database, parts: PageBatch['parts']): Promise<GatheredParts> {
  if (Symbol.iterator in parts) return { read: () => parts, [Symbol.asyncDispose]: async () => undefined }
  const early: PagePart[] = []
  let spool: Connection | undefined
  let bytes = 0
  const close = async () => spool?.close()
  try {
    for await (const part of parts) {
      bytes += bytesOf(part)
      if (!spool && bytes > bytesInMemory) spool = await reading(database.file, () => openSpool(database))
      if (spool) await reading(database.file, () => spool?.run('INSERT INTO part (data) VALUES (?)', [serialize(part)]))
      else early.push(part)
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    *read() {
      yield* early
      if (spool) yield* spooled(spool)
    },
    [Symbol.asyncDispose]: close,
  }
}

function openSpool({ binding }: Database): Connection {
  const spool = connect(binding, '')
  spool.exec('PRAGMA journal_mode = OFF; CREATE TABLE part (number INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT')
  return spool
}

function* spooled(spool: Connection): Iterable<PagePart> {
  for (let number = 1; ; number++) {
    const row = spool.get('SELECT data FROM part WHERE number = ?', [number])
    if (!row) return
    yield partOf(deserialize(row['data'] as Buffer) as PagePart)
  }
}
