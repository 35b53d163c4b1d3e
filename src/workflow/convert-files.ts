import { createHash } from 'node:crypto'
import { cancelled, StixTaxiiError } from '../core/errors.ts'
import { convertItem } from '../stix/convert/convert-item.ts'
import { newFilter, type WrittenFilter } from '../stix/convert/from-stix1.ts'
import { idOf } from '../stix/convert/ids.ts'
import { countLosses, type Loss, type LossCounter } from '../stix/convert/losses.ts'
import { readStixFile, type Batch } from './stix-file.ts'

/** One file. `partial`: what was whole in it is converted; `losses`: what STIX 2.1 has no place for, by kind. */
export interface ConvertResult {
  readonly file: string
  /** Objects written. */
  readonly objects: number
  /** Objects and parts that were damaged and left out. */
  readonly damaged: number
  readonly losses: readonly Loss[]
  readonly status: 'ok' | 'partial' | 'failed'
  readonly error: StixTaxiiError | null
}

export interface ConvertRequest {
  /** Absolute paths. */
  readonly files: readonly string[]
  /** What a file is told as. */
  readonly nameOf: (file: string) => string
}

type Write = (chunk: Buffer) => Promise<void>

const writeBytes = 65_536

/**
 * Writes the STIX of some files as one STIX 2.1 bundle, object by object. The same files give the same
 * bytes: the bundle's id is made from what it holds, and stands at its end. An object that several files have is written once.
 * One that fails is a row with an error, and the next is read all the same. When all fail nothing is written.
 */
export async function convertFiles(
  { files, nameOf }: ConvertRequest,
  write: Write,
  signal: AbortSignal,
): Promise<readonly ConvertResult[]> {
  const bundle = openBundle(write)
  const results: ConvertResult[] = []
  const isWritten = newFilter()
  for (const file of files) {
    signal.throwIfAborted()
    results.push({ ...(await convertFile(file, { bundle, isWritten, signal })), file: nameOf(file) })
  }
  // An empty bundle would look like a good answer.
  if (results.some(({ status }) => status !== 'failed')) await bundle.end()
  return results
}

interface Converting {
  readonly bundle: BundleWriter
  readonly isWritten: WrittenFilter
  readonly signal: AbortSignal
}

async function convertFile(file: string, { bundle, isWritten, signal }: Converting): Promise<ConvertResult> {
  const losses = countLosses()
  const before = bundle.count()
  let damaged = 0
  let isMended = false
  let error: StixTaxiiError | null = null
  try {
    for await (const batch of readStixFile(file, signal)) {
      damaged += batch.damaged.length
      isMended ||= batch.isMended ?? false
      await convertBatch(batch, bundle, losses, isWritten)
    }
    if (damaged > 0 || isMended) error = damagedIn(file, damaged)
  } catch (caught) {
    if (signal.aborted) throw cancelled(caught)
    if (!(caught instanceof StixTaxiiError) || caught.kind === 'internal') throw caught
    // Where it is written to fails for every file.
    if (caught.code.startsWith('OUTPUT_')) throw caught
    error = caught
  }
  const objects = bundle.count() - before
  const status = error === null ? 'ok' : objects > 0 ? 'partial' : 'failed'
  return { file, objects, damaged, losses: losses.list(), status, error }
}

async function convertBatch(
  batch: Batch,
  bundle: BundleWriter,
  losses: LossCounter,
  isWritten: WrittenFilter,
): Promise<void> {
  for (const loss of batch.losses ?? []) losses.add(loss)
  for (const { reason } of batch.damaged) losses.add(`Damaged: ${reason}`)
  for (const item of batch.items) {
    for (const text of convertItem(item, losses, isWritten)) {
      const full = bundle.put(text)
      if (full) await full
    }
  }
}

function damagedIn(file: string, count: number): StixTaxiiError {
  const parts = count === 1 ? 'one part' : `${count} parts`
  const what = count === 0 ? 'it was mended' : `${parts} of it could not be converted`
  return new StixTaxiiError('WORKFLOW_CONVERT_DAMAGED', `${file} is damaged: ${what}`, {
    kind: 'protocol',
    hint: 'What is whole in it is converted. Get the file again from where it came.',
    context: { file, damaged: count },
  })
}

interface BundleWriter {
  /** Adds an object's JSON; a promise when so much has gathered that it is being written. */
  put(text: string | Buffer): Promise<void> | undefined
  count(): number
  end(): Promise<void>
}

function openBundle(write: Write): BundleWriter {
  const digest = createHash('sha256')
  let chunks: Buffer[] = [Buffer.from('{"type":"bundle","objects":[')]
  let bytes = 0
  let count = 0
  const flush = async (): Promise<void> => {
    const whole = Buffer.concat(chunks)
    chunks = []
    bytes = 0
    await write(whole)
  }
  return {
    put(text) {
      const raw = typeof text === 'string' ? Buffer.from(text) : text
      digest.update(raw).update('\n')
      const chunk = Buffer.concat([Buffer.from(count === 0 ? '\n' : ',\n'), raw])
      count++
      chunks.push(chunk)
      bytes += chunk.length
      return bytes >= writeBytes ? flush() : undefined
    },
    count: () => count,
    end() {
      chunks.push(Buffer.from(`\n],"id":"${idOf('bundle', digest.digest('hex'))}"}\n`))
      return flush()
    },
  }
}

/** The error a conversion of these files ends in; undefined when all is well. */
export function convertFailure(results: readonly ConvertResult[]): StixTaxiiError | undefined {
  const failed = results.filter(({ error }) => error !== null)
  const first = failed[0]?.error
  if (!first) return undefined
  if (failed.length === results.length && failed.every(({ status }) => status === 'failed')) return first
  return new StixTaxiiError('WORKFLOW_CONVERT_PARTIAL', `Not everything could be converted: ${first.message}`, {
    kind: 'partial',
    hint: 'The result says why, file by file. What was whole is converted.',
    context: { failed: failed.map(({ file }) => file) },
    cause: first,
  })
}
