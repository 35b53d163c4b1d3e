import { createReadStream } from 'node:fs'
import path from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { StixTaxiiError } from '../core/errors.ts'
import { followFile, type Followed } from '../enrich/follow.ts'
import type { Runtime } from './runtime.ts'

type Parts = Pick<Runtime, 'stdin' | 'workingDirectory' | 'clock' | 'signal'>

/** Bytes are read in pieces of this size. */
const pieceBytes = 256 * 1024

/** Bytes of a file, or of standard input for `-`, until they end or the command is stopped. */
export async function* readLog(
  file: string,
  follow: { readonly fromEnd: boolean } | undefined,
  { stdin, workingDirectory, clock, signal }: Parts,
): AsyncGenerator<Followed> {
  try {
    if (file === '-') yield* piecesOf(stdin, signal)
    else if (follow) yield* followFile(path.resolve(workingDirectory, file), { clock, signal, ...follow })
    else yield* piecesOf(createReadStream(path.resolve(workingDirectory, file), { highWaterMark: pieceBytes }), signal)
  } catch (cause) {
    if (signal.aborted) return
    throw unreadable(file, cause)
  }
}

async function* piecesOf(stream: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  addAbortSignal(signal, stream)
  for await (const piece of stream) yield piece as Buffer
}

function unreadable(file: string, cause: unknown): StixTaxiiError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
  const isMissing = code === 'ENOENT'
  return new StixTaxiiError(
    'CLI_LOG_UNREADABLE',
    `${file === '-' ? 'Standard input' : file} ${isMissing ? 'does not exist' : `cannot be read: ${code}`}`,
    {
      kind: isMissing ? 'not-found' : 'local',
      hint: 'Check the path and the rights of the file.',
      context: { file, reason: code },
      cause,
    },
  )
}
