import type { HttpRequest } from '../core/ports.ts'
import { acceptedOf, entriesOf, type DirectorAnswer, type ReadingParts } from './answers.ts'
import type { PackageUpload } from './assumptions.ts'
import type { Accepted, CallOptions, DirectorClient, Logpoint, Pool, UploadFile, UploadOptions } from './client.ts'
import type { EndpointName, SegmentsOf } from './endpoints.ts'
import { otherShape } from './failure.ts'
import { multipartOf } from './multipart.ts'
import { checkFileName } from './paths.ts'
import { readFileName, readPlugin } from './read-names.ts'
import { readListedSource } from './read-sources.ts'
import { readFetchStatus } from './read-status.ts'
import { emptyBody, installBody, sourceBody } from './wire.ts'

/** What one call sends besides what its row in the endpoint table says. */
export interface CallRequest<Name extends EndpointName> extends CallOptions {
  readonly segments: SegmentsOf<Name>
  /** For messages. */
  readonly target: string
  readonly json?: object | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: HttpRequest['body']
  readonly refusedHint?: string | undefined
}

/** An answer with what is needed to read it. */
export interface Answered extends ReadingParts {
  readonly answer: DirectorAnswer
}

/** Sends a call of the endpoint table. */
export type Caller = <Name extends EndpointName>(name: Name, request: CallRequest<Name>) => Promise<Answered>

async function accepted(answered: Promise<Answered>): Promise<Accepted> {
  const parts = await answered
  return acceptedOf(parts.answer, parts)
}

/** Entries of a listing, each as `read` understands it. @throws DIRECTOR_SHAPE (protocol) when one is not understood. */
async function listed<T>(
  answered: Promise<Answered>,
  read: (entry: unknown) => T | undefined,
  what: string,
): Promise<readonly T[]> {
  const parts = await answered
  return entriesOf(parts.answer, parts).map((entry) => {
    const value = read(entry)
    if (value === undefined) throw otherShape(parts.asked, what)
    return value
  })
}

const ofPool = (pool: Pool) => ({ segments: { pool: pool.id }, target: pool.name })
const onLogpoint = (logpoint: Logpoint) => ({
  segments: { pool: logpoint.pool.id, logpoint: logpoint.id },
  target: logpoint.name,
})
const publicTarget = 'public storage'

/** Packages in Fabric Storage (section 4). */
export function packageCalls(call: Caller, encoding: PackageUpload): DirectorClient['packages'] {
  return {
    async upload(storage, file, options) {
      checkFileName(file.name)
      const upload = {
        ...packageBody(file, encoding, options),
        signal: options?.signal,
        refusedHint: uploadHint(encoding),
      }
      return accepted(
        storage.location === 'public'
          ? call('packageUploadPublic', { segments: {}, target: publicTarget, ...upload })
          : call('packageUpload', { ...ofPool(storage.pool), ...upload }),
      )
    },
    list: async (storage, options) =>
      listed(
        storage.location === 'public'
          ? call('packageListPublic', { segments: {}, target: publicTarget, ...options })
          : call('packageList', { ...ofPool(storage.pool), ...options }),
        readFileName,
        'file names',
      ),
    trash: async (storage, file, options) => {
      if (storage.location === 'public') {
        return accepted(call('packageTrashPublic', { segments: { file }, target: publicTarget, ...options }))
      }
      const { pool } = storage
      return accepted(call('packageTrash', { segments: { pool: pool.id, file }, target: pool.name, ...options }))
    },
  }
}

function uploadHint(encoding: PackageUpload): string {
  const other = encoding === 'raw' ? 'multipart' : 'raw'
  return `How a package is encoded is not documented: if the file is good, let the profile upload packages as "${other}" instead of "${encoding}".`
}

/** Both encodings carry the name as a header too. @see API guide, "Upload" */
function packageBody(file: UploadFile, encoding: PackageUpload, options: UploadOptions = {}) {
  const counted = withProgress(file, options)
  if (encoding === 'raw') {
    const headers = { file_name: file.name, 'content-type': 'application/octet-stream' }
    return { headers, body: counted }
  }
  const { contentType, body } = multipartOf('file', counted)
  return { headers: { file_name: file.name, 'content-type': contentType }, body }
}

/** Plugins of a Logpoint (section 4). */
export function pluginCalls(call: Caller): DirectorClient['plugins'] {
  return {
    list: async (logpoint, options) =>
      listed(call('pluginList', { ...onLogpoint(logpoint), ...options }), readPlugin, 'plugins with ids'),
    async install(logpoint, request, options) {
      checkFileName(request.fileName)
      return accepted(call('pluginInstall', { ...onLogpoint(logpoint), json: installBody(request), ...options }))
    },
    uninstall: async (logpoint, id, options) =>
      accepted(call('pluginUninstall', { ...withId(logpoint, id), ...options })),
  }
}

function withId(logpoint: Logpoint, id: string) {
  const { segments, target } = onLogpoint(logpoint)
  return { segments: { ...segments, id }, target }
}

/** Certificate files (section 5). */
export function certificateCalls(call: Caller): DirectorClient['certificates'] {
  return {
    async upload(storage, file, options) {
      checkFileName(file.name)
      const { contentType, body } = multipartOf('file_name', withProgress(file, options))
      const upload = { headers: { 'content-type': contentType }, body, signal: options?.signal }
      return accepted(
        storage.location === 'public'
          ? call('certificateUploadPublic', { segments: {}, target: publicTarget, ...upload })
          : call('certificateUpload', { ...ofPool(storage.pool), ...upload }),
      )
    },
    list: async (storage, options) =>
      listed(
        storage.location === 'public'
          ? call('certificateListPublic', { segments: {}, target: publicTarget, ...options })
          : call('certificateList', { ...ofPool(storage.pool), ...options }),
        readFileName,
        'file names',
      ),
    async trash(storage, file, options) {
      if (storage.location === 'public') {
        return accepted(call('certificateTrashPublic', { segments: { file }, target: publicTarget, ...options }))
      }
      const { pool } = storage
      return accepted(call('certificateTrash', { segments: { pool: pool.id, file }, target: pool.name, ...options }))
    },
  }
}

/** Enrichment sources of a Logpoint (section 7). */
export function sourceCalls(call: Caller): DirectorClient['sources'] {
  return {
    create: async (logpoint, source, options) =>
      accepted(call('sourceCreate', { ...onLogpoint(logpoint), json: sourceBody(source), ...options })),
    edit: async (logpoint, id, source, options) =>
      accepted(call('sourceEdit', { ...withId(logpoint, id), json: sourceBody(source), ...options })),
    delete: async (logpoint, id, options) => accepted(call('sourceDelete', { ...withId(logpoint, id), ...options })),
    list: async (logpoint, options) =>
      listed(call('sourceList', { ...onLogpoint(logpoint), ...options }), readListedSource, 'enrichment sources'),
    refreshList: async (logpoint, options) =>
      accepted(call('refreshList', { ...onLogpoint(logpoint), json: emptyBody, ...options })),
    async status(logpoint, options) {
      const parts = await call('fetchStatus', { ...onLogpoint(logpoint), ...options })
      const status = readFetchStatus(entriesOf(parts.answer, parts))
      if (status === undefined) throw otherShape(parts.asked, 'a fetch status')
      return status
    },
  }
}

function withProgress(file: UploadFile, { onProgress }: UploadOptions = {}): UploadFile {
  if (!onProgress) return file
  return {
    ...file,
    async *open() {
      let sent = 0
      for await (const piece of file.open()) {
        yield piece
        sent += piece.length
        onProgress(sent)
      }
    },
  }
}
