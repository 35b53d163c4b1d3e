import type { ClientBase, Connection as WireConnection } from 'pg'

/** The types that rows are copied as; each is written in PostgreSQL's binary format. */
export type ColumnType = 'int2' | 'int4' | 'int8' | 'bool' | 'bytea'

type Copied = number | boolean | Buffer | null

const chunkBytes = 1024 * 1024
// PostgreSQL's documentation, COPY, "Binary Format": signature, flags, length of the header's extension.
const head = Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex')
const end = Buffer.from([0xff, 0xff])

/**
 * Sends rows by `COPY ... FROM STDIN (FORMAT binary)`: bytes go as they are, and nothing is parsed. As a query of its own
 * kind, as the package has no call for it.
 */
export function copyRows(
  client: ClientBase,
  target: string,
  types: readonly ColumnType[],
  rows: Iterable<readonly Copied[]>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined
    client.query({
      submit(connection: WireConnection) {
        connection.query(`COPY ${target} FROM STDIN (FORMAT binary)`)
      },
      handleCopyInResponse(connection: CopyConnection) {
        void send(connection, types, rows).catch((error: Error) => {
          failure = error
          connection.sendCopyFail('stopped')
        })
      },
      handleCommandComplete: () => undefined,
      handleError(error: Error) {
        reject(failure ?? error)
      },
      handleReadyForQuery() {
        resolve()
      },
    } as never)
  })
}

/** What of the package's connection is used besides what its types say. */
interface CopyConnection {
  readonly stream: NodeJS.EventEmitter & { readonly writableNeedDrain: boolean; readonly destroyed: boolean }
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
  sendCopyFail(message: string): void
}

async function send(connection: CopyConnection, types: readonly ColumnType[], rows: Iterable<readonly Copied[]>) {
  let chunks: Buffer[] = [head]
  let size = head.length
  const flush = () => {
    connection.sendCopyFromChunk(Buffer.concat(chunks, size))
    chunks = []
    size = 0
  }
  for (const row of rows) {
    size += encode(row, types, chunks)
    if (size < chunkBytes) continue
    flush()
    if (connection.stream.writableNeedDrain) await drained(connection.stream)
  }
  chunks.push(end)
  size += end.length
  flush()
  connection.endCopyFrom()
}

function drained(stream: CopyConnection['stream']): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done).off('close', done)
      resolve()
    }
    if (stream.destroyed) resolve()
    else stream.on('drain', done).on('close', done)
  })
}

const widths = { int2: 2, int4: 4, int8: 8, bool: 1 } as const

/** Adds the bytes of a row to `chunks`; returns how many. */
function encode(row: readonly Copied[], types: readonly ColumnType[], chunks: Buffer[]): number {
  let size = 2
  for (const [place, type] of types.entries()) {
    const value = row[place] ?? null
    size += 4 + (value === null ? 0 : type === 'bytea' ? (value as Buffer).length : widths[type])
  }
  const bytes = Buffer.allocUnsafe(size)
  let at = bytes.writeInt16BE(types.length, 0)
  for (const [place, type] of types.entries()) {
    const value = row[place] ?? null
    if (value === null) at = bytes.writeInt32BE(-1, at)
    else if (Buffer.isBuffer(value)) {
      at = bytes.writeInt32BE(value.length, at)
      at += value.copy(bytes, at)
    } else at = writeNumber(bytes, type, value, at)
  }
  chunks.push(bytes)
  return size
}

function writeNumber(bytes: Buffer, type: ColumnType, value: number | boolean, start: number): number {
  const at = bytes.writeInt32BE(type === 'bytea' ? 0 : widths[type], start)
  switch (type) {
    case 'bool':
      return bytes.writeUInt8(value ? 1 : 0, at)
    case 'int2':
      return bytes.writeInt16BE(Number(value), at)
    case 'int4':
      return bytes.writeInt32BE(Number(value), at)
    case 'int8':
      return bytes.writeBigInt64BE(BigInt(value), at)
    case 'bytea':
      throw new TypeError('a column of bytes was given a number')
  }
}
