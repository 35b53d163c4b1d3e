import { StixTaxiiError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import { printable } from '../core/printable.ts'
import type { Accepted, DirectorClient, Storage, UploadFile, UploadOptions } from '../director/client.ts'
import { settle } from './director-changes.ts'
import type { ChangeFlags } from './director-changes.ts'
import type { FileRow } from './director-file-rows.ts'
import { describeStorage } from './director-storage.ts'
import type { DirectorParts } from './director-targets.ts'
import type { ReadyFile } from './director-upload-file.ts'

/** The calls of one kind of file; packages and certificates have the same three. */
export interface FileCalls {
  upload(storage: Storage, file: UploadFile, options?: UploadOptions): Promise<Accepted>
  list(storage: Storage, options?: { signal?: AbortSignal | undefined }): Promise<readonly string[]>
  trash(storage: Storage, name: string, options?: { signal?: AbortSignal | undefined }): Promise<Accepted>
}

export interface UploadRequest {
  readonly client: DirectorClient
  readonly calls: FileCalls
  readonly storage: Storage
  readonly files: readonly ReadyFile[]
  /** What to do with a name that is there: an error, send it all the same, or leave it. */
  readonly present: 'refuse' | 'replace' | 'keep'
  readonly flags: ChangeFlags
}

/**
 * Uploads files one after the other and looks for each in the list afterwards. A name that is there already is not sent
 * again unless that is wanted: what Director does then is not documented. One that fails leaves the others alone.
 */
export async function uploadFiles(request: UploadRequest, parts: DirectorParts): Promise<readonly FileRow[]> {
  const { calls, storage, files } = request
  const rows: FileRow[] = []
  const listed = await calls.list(storage, { signal: parts.signal })
  for (const file of files) {
    const { name, lengthBytes, sha256 } = file
    const about = { name, storage, lengthBytes, sha256 }
    try {
      rows.push({ ...about, ...(await uploadOne(file, listed, request, parts)) })
    } catch (error) {
      if (!(error instanceof StixTaxiiError) || error.kind === 'cancelled' || error.kind === 'internal') throw error
      rows.push({ ...about, status: 'failed', order: null, message: null, error })
      if (error.kind === 'auth') break
    }
  }
  return rows
}

type Outcome = Pick<FileRow, 'status' | 'order' | 'message' | 'error'>

async function uploadOne(
  file: ReadyFile,
  listed: readonly string[],
  { client, calls, storage, present, flags }: UploadRequest,
  parts: DirectorParts,
): Promise<Outcome> {
  const alike = listed.find((name) => name.toLowerCase() === file.name.toLowerCase())
  if (alike === file.name && present === 'keep') {
    return { status: 'unchanged', order: null, message: 'a file of this name is there already', error: null }
  }
  if (alike !== undefined && present !== 'replace') throw there(file.name, alike, storage)
  const { signal } = parts
  const task = parts.progress.start(`Uploading ${file.name}`)
  const say = (text: string): void => task.update(`Uploading ${file.name}: ${text}`)
  const onProgress = (sent: number): void => say(`${sent} of ${file.lengthBytes} bytes`)
  const seen = async (): Promise<boolean> => (await calls.list(storage, { signal })).includes(file.name)
  try {
    const accepted = await calls.upload(storage, file, { signal, onProgress })
    const { status, order, message, error: failure } = await settle(accepted, { client, flags, parts, say, seen })
    const outcome = { status, order, message, error: failure }
    if (status !== 'done' || !flags.verify || (await seen())) return outcome
    const error = new StixTaxiiError('DIRECTOR_UPLOAD_UNSEEN', `${file.name} was accepted, but is not in the list`, {
      kind: 'pending',
      hint: `Look again later; the list is that of ${describeStorage(storage)}.`,
      context: { file: file.name },
    })
    return { ...outcome, status: 'unverified', error }
  } finally {
    task.done()
  }
}

function there(name: string, alike: string, storage: Storage): StixTaxiiError {
  const isSame = alike === name
  const message = isSame
    ? `"${name}" is in ${describeStorage(storage)} already`
    : `"${printable(alike)}" is in ${describeStorage(storage)}, and differs from "${name}" by case alone`
  return new StixTaxiiError('DIRECTOR_FILE_EXISTS', message, {
    kind: 'conflict',
    hint: isSame
      ? 'Trash it first, or say --if-absent (keep it) or --replace (send it; what Director makes of that is not documented).'
      : 'Names are case-sensitive to the plugin. Use that name, or trash the other first.',
    context: { file: name, present: alike },
  })
}

/**
 * The exact name of a file in a storage, as its list has it.
 * @throws DIRECTOR_FILE_UNKNOWN (not-found), also for another case, which is a different name to Director
 */
export function listedName(name: string, listed: readonly string[], storage: Storage, upload: string): string {
  if (listed.includes(name)) return name
  const otherCase = listed.find((each) => each.toLowerCase() === name.toLowerCase())
  const near = otherCase ?? nearestName(name, listed)
  throw new StixTaxiiError('DIRECTOR_FILE_UNKNOWN', `"${name}" is not in ${describeStorage(storage)}`, {
    kind: 'not-found',
    hint: otherCase
      ? `There is "${printable(otherCase)}": names differ by case. Write it so.`
      : near
        ? `Did you mean "${printable(near)}"?`
        : `Upload it first: ${upload} ${name}${storage.location === 'public' ? ' --public' : ''}`,
    context: { file: name, nearest: near },
  })
}

export interface TrashRequest {
  readonly client: DirectorClient
  readonly calls: FileCalls
  readonly storage: Storage
  readonly name: string
  readonly flags: ChangeFlags
}

/** Trashes one file of a storage; whether it is gone is seen in the list where its order does not tell. */
export async function trashFile(request: TrashRequest, parts: DirectorParts): Promise<FileRow> {
  const { client, calls, storage, name, flags } = request
  const { signal } = parts
  const task = parts.progress.start(`Trashing ${name}`)
  const say = (text: string): void => task.update(`Trashing ${name}: ${text}`)
  const seen = async (): Promise<boolean> => !(await calls.list(storage, { signal })).includes(name)
  try {
    const accepted = await calls.trash(storage, name, { signal })
    const { status, order, message, error } = await settle(accepted, { client, flags, parts, say, seen })
    return { name, storage, lengthBytes: null, sha256: null, status, order, message, error }
  } finally {
    task.done()
  }
}
