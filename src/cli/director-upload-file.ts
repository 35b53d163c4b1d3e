import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import { whyOf } from '../core/system-fault.ts'
import type { UploadFile } from '../director/client.ts'
import { checkFileName } from '../director/paths.ts'

/** A file that is ready to be uploaded under its base name. */
export interface ReadyFile extends UploadFile {
  readonly path: string
  readonly sha256: string
  /** The first MiB. */
  readonly beginning: Buffer
}

const chunkBytes = 65_536
// Longer than any key with all its chain.
const beginningBytes = 1_048_576

/**
 * Looks at a file before it is sent: that it can be read and is not empty, that its name is one that Director's paths can
 * hold, and what its digest is. It is read as a stream, then and when it is sent.
 * @throws CLI_UPLOAD_UNREADABLE (not-found, local), CLI_UPLOAD_EMPTY, DIRECTOR_FILE_NAME (usage)
 */
export async function readyFile(path: string): Promise<ReadyFile> {
  const name = basename(path)
  checkFileName(name)
  try {
    const { size, isFile } = await stat(path).then((found) => ({ size: found.size, isFile: found.isFile() }))
    if (!isFile) throw notAFile(path)
    if (size === 0) throw empty(path)
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) hash.update(chunk as Buffer)
    return {
      path,
      name,
      lengthBytes: size,
      sha256: hash.digest('hex'),
      beginning: await beginningOf(path),
      open: () => createReadStream(path, { highWaterMark: chunkBytes }),
    }
  } catch (error) {
    if (error instanceof StixTaxiiError) throw error
    throw unreadable(path, error)
  }
}

async function beginningOf(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(beginningBytes), 0, beginningBytes, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

function unreadable(path: string, cause: unknown): StixTaxiiError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unreadable'
  return new StixTaxiiError('CLI_UPLOAD_UNREADABLE', `${path} cannot be read: ${whyOf(cause)}`, {
    kind: code === 'ENOENT' ? 'not-found' : 'local',
    hint: 'Check its name, and who may read it. Nothing was sent.',
    context: { path },
    cause,
  })
}

function notAFile(path: string): StixTaxiiError {
  return new StixTaxiiError('CLI_UPLOAD_UNREADABLE', `${path} is not a file`, {
    kind: 'usage',
    hint: 'Name the file itself. Nothing was sent.',
    context: { path },
  })
}

function empty(path: string): StixTaxiiError {
  return new StixTaxiiError('CLI_UPLOAD_EMPTY', `${path} is empty`, {
    kind: 'usage',
    hint: 'Nothing was sent.',
    context: { path },
  })
}
