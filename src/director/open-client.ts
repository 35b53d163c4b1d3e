import type { NoticeSink } from '../core/notice.ts'
import type { Clock, Http, HttpRequest } from '../core/ports.ts'
import { redactTree } from '../core/redact.ts'
import { acceptedOf, entriesOf, valueOf, type DirectorAnswer, type ReadingParts } from './answers.ts'
import { defaultApiPrefix, defaultPackageUpload, redactedKeys, type PackageUpload } from './assumptions.ts'
import type {
  Accepted,
  CallOptions,
  DirectorClient,
  Logpoint,
  Pool,
  Storage,
  UploadFile,
  UploadOptions,
} from './client.ts'
import { endpoints, type EndpointName, type SegmentsOf } from './endpoints.ts'
import { otherShape, type Asked } from './failure.ts'
import { multipartOf } from './multipart.ts'
import { verdictOn } from './orders.ts'
import { checkFileName, checkPrefix, pathOf } from './paths.ts'
import { readFileName, readPlugin } from './read-names.ts'
import { readListedSource } from './read-sources.ts'
import { readFetchStatus } from './read-status.ts'
import { sendCall } from './session.ts'
import { emptyBody, installBody, sourceBody } from './wire.ts'

/** What a client is made with; `apiPrefix` and `packageUpload` are the profile's choices where nothing is documented. */
export interface DirectorClientOptions {
  /** Opened for the Director's origin, with its token; at most 3 retries. */
  readonly http: Http
  /** The Director's address; a path in it goes before the API's. */
  readonly url: URL
  /** Default `configapi`. */
  readonly apiPrefix?: string | undefined
  /** Default `raw`. */
  readonly packageUpload?: PackageUpload | undefined
  readonly clock: Clock
  readonly notices: NoticeSink
}

/**
 * Opens a client of one Director. Nothing is sent before the first call.
 * @throws DIRECTOR_API_PREFIX (config)
 */
export function createDirectorClient(options: DirectorClientOptions): DirectorClient {
  checkPrefix(options.apiPrefix ?? defaultApiPrefix)
  const call = callerOf(options)
  return {
    packages: packageCalls(call, options.packageUpload ?? defaultPackageUpload),
    plugins: pluginCalls(call),
    certificates: certificateCalls(call),
    sources: sourceCalls(call),
    async readOrder(order, { signal } = {}) {
      const url = new URL(`${basePath(options.url)}/${order}`, options.url.origin)
      const asked = { method: 'GET', does: endpoints.orderRead.does, target: order, host: options.url.host }
      const answer = await sendCall({ asked, method: 'GET', url, singleTry: true, signal }, options)
      const isOpen =
        answer.status === 202 || answer.status === 204 || (answer.status < 300 && answer.text.trim() === '')
      if (isOpen) return { state: 'pending' }
      return verdictOn(valueOf(answer, { asked, origin: options.url.origin, notices: options.notices }))
    },
  }
}

interface Request<Name extends EndpointName> extends CallOptions {
  readonly segments: SegmentsOf<Name>
  /** For messages. */
  readonly target: string
  readonly json?: object | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: HttpRequest['body']
  readonly refusedHint?: string | undefined
}

interface Answered extends ReadingParts {
  readonly answer: DirectorAnswer
}

type Caller = <Name extends EndpointName>(name: Name, request: Request<Name>) => Promise<Answered>

function callerOf(options: DirectorClientOptions): Caller {
  const { url: base, notices } = options
  return async (name, { segments, target, json, headers, body, signal, refusedHint }) => {
    const { method, does } = endpoints[name]
    const asked: Asked = { method, does, target, host: base.host }
    const url = new URL(`${basePath(base)}${pathOf(name, segments, options.apiPrefix)}`, base.origin)
    const sending = {
      asked,
      method,
      url,
      signal,
      headers: { ...(json && { 'content-type': 'application/json' }), ...headers },
      body: json ? JSON.stringify(json) : body,
      shownBody: json && redactTree(json, redactedKeys),
    }
    return { asked, origin: base.origin, notices, refusedHint, answer: await sendCall(sending, options) }
  }
}

function basePath(url: URL): string {
  return url.pathname.replace(/\/+$/, '')
}

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

function packageCalls(call: Caller, encoding: PackageUpload): DirectorClient['packages'] {
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

function pluginCalls(call: Caller): DirectorClient['plugins'] {
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

function certificateCalls(call: Caller): DirectorClient['certificates'] {
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
    async trash(storage: Storage, file, options) {
      if (storage.location === 'public') {
        return accepted(call('certificateTrashPublic', { segments: { file }, target: publicTarget, ...options }))
      }
      const { pool } = storage
      return accepted(call('certificateTrash', { segments: { pool: pool.id, file }, target: pool.name, ...options }))
    },
  }
}

function sourceCalls(call: Caller): DirectorClient['sources'] {
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
