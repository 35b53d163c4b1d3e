import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import type { Composed, ComposedFile } from '../export/compose.ts'
import type { IndicatorFormat } from '../export/format.ts'
import { openAtomicFile } from '../output/atomic-file.ts'

export interface WriteExportRequest {
  readonly format: IndicatorFormat
  /** Absolute: the file, or the folder of a format of several files. */
  readonly out: string
  /** The export is cut into pieces, numbered from 001. */
  readonly split: boolean
  /** Leave a file alone that differs in nothing but the time. */
  readonly ifChanged: boolean
}

export interface WrittenFile {
  readonly file: string
  readonly count: number
  /** Of the whole file, hex. */
  readonly sha256: string
  /** False: it was there already. */
  readonly changed: boolean
}

/** How far into a file its head can reach, with the lines in it that change by themselves. */
const headBytes = 65_536

/**
 * Writes the files of an export, each whole or not at all. Lists come before the rules that load them. Pieces that a
 * longer export left behind are removed.
 * @throws OUTPUT_FILE_FAILED (local), EXPORT_OUT_UNFIT (usage)
 */
export async function writeExport(composed: Composed, request: WriteExportRequest): Promise<readonly WrittenFile[]> {
  const { format, out } = request
  if (format.severalFiles) await makeFolder(out, format)
  const written: WrittenFile[] = []
  // Rules are the last part of their format: what they load has to be there first.
  for (const [index, file] of composed.files.entries()) {
    written.push(await writeOne(fileFor(request, file, index), file, request.ifChanged))
  }
  if (request.split) await removeLeftBehind(out, composed.files.length)
  return written
}

function fileFor({ format, out, split }: WriteExportRequest, { name }: ComposedFile, index: number): string {
  if (format.severalFiles) return path.join(out, name)
  return split ? pieceOf(out, index + 1) : out
}

function pieceOf(out: string, number: number): string {
  const { dir, name, ext } = path.parse(out)
  return path.join(dir, `${name}-${String(number).padStart(3, '0')}${ext}`)
}

async function makeFolder(out: string, format: IndicatorFormat): Promise<void> {
  try {
    await mkdir(out, { recursive: true })
  } catch (cause) {
    throw new StixTaxiiError('EXPORT_OUT_UNFIT', `${out} cannot be a folder: ${(cause as Error).message}`, {
      kind: 'usage',
      hint: `${format.name} writes several files: name a folder with --out.`,
      context: { out },
      cause,
    })
  }
}

async function writeOne(target: string, file: ComposedFile, ifChanged: boolean): Promise<WrittenFile> {
  if (ifChanged) {
    const there = await digestOf(createReadStream(target), file.volatile).catch(() => undefined)
    if (there && there.steady === (await digestOf(contentOf(file), file.volatile)).steady) {
      return { file: target, count: file.count, sha256: there.whole, changed: false }
    }
  }
  const hash = createHash('sha256')
  const handle = await openAtomicFile(target)
  try {
    for await (const chunk of contentOf(file)) {
      hash.update(chunk)
      await handle.write(chunk)
    }
    await handle.commit()
  } finally {
    await handle.discard()
  }
  return { file: target, count: file.count, sha256: hash.digest('hex'), changed: true }
}

/** Everything in a file of an export, in order. */
export async function* contentOf(file: ComposedFile): AsyncIterable<Buffer> {
  if (file.head !== '') yield Buffer.from(file.head)
  yield* file.body()
}

interface Digests {
  readonly whole: string
  /** Without the lines that change by themselves. */
  readonly steady: string
}

async function digestOf(content: AsyncIterable<Buffer>, volatile: RegExp | undefined): Promise<Digests> {
  const [whole, steady] = [createHash('sha256'), createHash('sha256')]
  let head: Buffer[] | undefined = []
  let length = 0
  const takeHead = (): void => {
    if (head) steady.update(withoutVolatile(Buffer.concat(head), volatile))
    head = undefined
  }
  for await (const chunk of content) {
    whole.update(chunk)
    if (!head) {
      steady.update(chunk)
      continue
    }
    // Cut at the same byte whatever the sizes of the chunks.
    const rest = chunk.subarray(headBytes - length)
    head.push(chunk.subarray(0, headBytes - length))
    length += chunk.length
    if (length < headBytes) continue
    takeHead()
    steady.update(rest)
  }
  takeHead()
  return { whole: whole.digest('hex'), steady: steady.digest('hex') }
}

function withoutVolatile(head: Buffer, volatile: RegExp | undefined): Buffer {
  if (!volatile) return head
  const lines = head.toString('latin1').split('\n')
  return Buffer.from(lines.filter((line) => !volatile.test(line)).join('\n'), 'latin1')
}

async function removeLeftBehind(out: string, pieces: number): Promise<void> {
  const { dir } = path.parse(out)
  const there = new Set(await readdir(dir).catch(() => []))
  for (let number = pieces + 1; there.has(path.basename(pieceOf(out, number))); number++) {
    await rm(pieceOf(out, number), { force: true })
  }
}
