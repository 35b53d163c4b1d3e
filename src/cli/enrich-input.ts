import { createReadStream } from 'node:fs'
import path from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { StixTaxiiError } from '../core/errors.ts'
import { whyOf } from '../core/system-fault.ts'
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
  const open = (): AsyncIterable<Followed> => {
    if (file === '-') return piecesOf(stdin, signal)
    const place = path.resolve(workingDirectory, file)
    if (follow) return followFile(place, { clock, signal, ...follow })
    return piecesOf(createReadStream(place, { highWaterMark: pieceBytes }), signal)
  }
  let isFirst = true
  try {
    for await (const piece of open()) {
      if (isFirst && Buffer.isBuffer(piece)) checkEncoding(file, piece)
      isFirst = false
      yield piece
    }
  } catch (cause) {
    if (signal.aborted) return
    throw cause instanceof StixTaxiiError ? cause : unreadable(file, cause)
  }
}

async function* piecesOf(stream: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  addAbortSignal(signal, stream)
  for await (const piece of stream) yield piece as Buffer
}

/** A log that is packed or in UTF-16 would be read as one without a single hit, which looks like good news. */
function checkEncoding(file: string, first: Buffer): void {
  const mark = first.subarray(0, 2).toString('hex')
  const undo = { '1f8b': 'zcat', fffe: 'iconv -f UTF-16 -t UTF-8', feff: 'iconv -f UTF-16 -t UTF-8' }[mark]
  if (undo === undefined) return
  const what = mark === '1f8b' ? 'packed with gzip' : 'UTF-16'
  throw new StixTaxiiError('CLI_LOG_ENCODED', `${file === '-' ? 'Standard input' : file} is ${what}, not plain text`, {
    kind: 'usage',
    hint: `Hand on its content: ${undo} FILE | stixtaxii enrich`,
    context: { file },
  })
}

function unreadable(file: string, cause: unknown): StixTaxiiError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
  const isMissing = code === 'ENOENT'
  return new StixTaxiiError(
    'CLI_LOG_UNREADABLE',
    `${file === '-' ? 'Standard input' : file} ${isMissing ? 'does not exist' : `cannot be read: ${whyOf(cause)}`}`,
    {
      kind: isMissing ? 'not-found' : 'local',
      hint: 'Check the path and the rights of the file.',
      context: { file, reason: code },
      cause,
    },
  )
}
