import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { StixTaxiiError } from '../core/errors.ts'
import { ScanError } from '../scan/scan-error.ts'
import { createSlicer, type DocumentShape } from '../scan/slicer.ts'
import { describeObject, isDamaged } from '../stix/describe.ts'

/**
 * STIX 2 objects of a file or standard input (`-`): a bundle, an envelope, an array, or objects one after the other. All
 * of them are good, or it throws.
 * @throws CLI_FILE_UNREADABLE (local); CLI_FILE_NOT_STIX (usage) with the place of the first bad object
 */
export async function readObjects(
  file: string,
  { stdin, workingDirectory }: { readonly stdin: Readable; readonly workingDirectory: string },
): Promise<readonly Buffer[]> {
  const bytes = await bytesOf(file, stdin, workingDirectory)
  const objects = objectsIn(file, bytes)
  objects.forEach((raw, index) => {
    const described = describeObject(raw)
    if (isDamaged(described)) throw notStix(file, `object ${index + 1}: ${described.detail}`)
  })
  return objects
}

/** Bytes of a file, or of standard input for `-`. @throws CLI_FILE_UNREADABLE (not-found, local) */
export async function bytesOf(file: string, stdin: Readable, workingDirectory: string): Promise<Buffer> {
  if (file === '-') {
    const chunks: Buffer[] = []
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Buffer))
    return Buffer.concat(chunks)
  }
  try {
    return await readFile(path.resolve(workingDirectory, file))
  } catch (cause) {
    const { code = 'unreadable' } = cause as NodeJS.ErrnoException
    const missing = code === 'ENOENT'
    throw new StixTaxiiError(
      'CLI_FILE_UNREADABLE',
      `${file} ${missing ? 'does not exist' : `cannot be read: ${code}`}`,
      {
        kind: missing ? 'not-found' : 'local',
        hint: 'Check the path and the rights of the file.',
        context: { file, reason: code },
        cause,
      },
    )
  }
}

function objectsIn(file: string, bytes: Buffer): readonly Buffer[] {
  const isArray = /^\ufeff?\s*\[/.test(bytes.toString('utf8', 0, 256))
  if (isArray) return sliced(file, bytes, 'array')
  // A single object and NDJSON begin like a bundle: what has an array of objects is one.
  try {
    const objects: Buffer[] = []
    if ('objects' in slice(bytes, 'envelope', objects, file).value) return objects
  } catch (error) {
    if (!(error instanceof ScanError)) throw error
  }
  return sliced(file, bytes, 'sequence')
}

function sliced(file: string, bytes: Buffer, shape: DocumentShape): readonly Buffer[] {
  const objects: Buffer[] = []
  try {
    slice(bytes, shape, objects, file)
  } catch (error) {
    if (error instanceof ScanError) throw notStix(file, error.message)
    throw error
  }
  return objects
}

function slice(bytes: Buffer, shape: DocumentShape, objects: Buffer[], file: string) {
  const slicer = createSlicer({
    shape,
    onMember: (raw) => objects.push(raw),
    onDamaged: (detail) => {
      throw notStix(file, `object ${objects.length + 1} ${detail}`)
    },
  })
  slicer.push(bytes)
  return slicer.end()
}

function notStix(file: string, problem: string): StixTaxiiError {
  return new StixTaxiiError(
    'CLI_FILE_NOT_STIX',
    `${file === '-' ? 'Standard input' : file} is not STIX 2: ${problem}`,
    {
      kind: 'usage',
      hint: 'Give a bundle, an array of objects, or one object per line. Nothing was sent.',
      context: { file },
    },
  )
}
