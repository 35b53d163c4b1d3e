import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { UploadFile } from '../director/client.ts'
import { looksLikePrivateKey } from '../director/private-key.ts'
import { StixTaxiiError } from '../core/errors.ts'
import { whyOf } from '../core/system-fault.ts'

/** A file of this machine that is to be uploaded, by its contents. */
export interface LocalFile {
  /** Absolute. */
  readonly path: string
  readonly lengthBytes: number
  readonly sha256: string
  /** Whether it looks like a private key. */
  readonly hasPrivateKey: boolean
}

// Of 64 KiB each: longer than any key. A package is not searched to its end.
const searchedChunks = 16

/** Reads a file once, to know its contents again. Throws what the system says. */
export async function readLocalFile(path: string): Promise<LocalFile> {
  const { size } = await stat(path)
  const hash = createHash('sha256')
  const head: Buffer[] = []
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    if (head.length < searchedChunks) head.push(chunk)
  }
  const hasPrivateKey = looksLikePrivateKey(Buffer.concat(head), basename(path))
  return { path, lengthBytes: size, sha256: hash.digest('hex'), hasPrivateKey }
}

/**
 * The file as an upload, if it still is what it was.
 * @throws PROVISION_FILE_CHANGED (conflict)
 */
export async function uploadOf(
  name: string,
  expected: Pick<LocalFile, 'path' | 'lengthBytes' | 'sha256'>,
): Promise<UploadFile> {
  const { path, lengthBytes, sha256 } = expected
  const found = await readLocalFile(path).catch((error: unknown) => error as NodeJS.ErrnoException)
  if (found instanceof Error || found.sha256 !== sha256 || found.lengthBytes !== lengthBytes) {
    const why = found instanceof Error ? `cannot be read: ${whyOf(found)}` : 'has changed since it was planned'
    throw new StixTaxiiError('PROVISION_FILE_CHANGED', `${path} ${why}`, {
      kind: 'conflict',
      hint: 'Nothing of it was sent. Plan again.',
      context: { path },
    })
  }
  return { name, lengthBytes, open: () => createReadStream(path) }
}
