import type { NoticeSink } from '../core/notice.ts'
import type { Clock, Http } from '../core/ports.ts'
import { redactTree } from '../core/redact.ts'
import { urlAt } from '../core/url.ts'
import { valueOf } from './answers.ts'
import { defaultApiPrefix, defaultPackageUpload, redactedKeys, type PackageUpload } from './assumptions.ts'
import { certificateCalls, packageCalls, pluginCalls, sourceCalls, type Caller } from './calls.ts'
import type { DirectorClient } from './client.ts'
import { endpoints } from './endpoints.ts'
import type { Asked } from './failure.ts'
import { readDocument } from './mended-json.ts'
import { verdictOn } from './orders.ts'
import { checkPrefix, pathOf } from './paths.ts'
import { sendCall } from './session.ts'

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
      const url = urlAt(options.url.origin, `${basePath(options.url)}/${order}`)
      const asked = { method: 'GET', does: endpoints.orderRead.does, target: order, host: options.url.host }
      const answer = await sendCall({ asked, method: 'GET', url, singleTry: true, signal }, options)
      const isAccepted = answer.status === 202 || answer.status === 204
      if (answer.status < 300 && answer.text.trim() === '') return { state: 'pending' }
      if (isAccepted && readDocument(answer.text) === undefined) return { state: 'pending' }
      return verdictOn(valueOf(answer, { asked, origin: options.url.origin, notices: options.notices }))
    },
  }
}

function callerOf(options: DirectorClientOptions): Caller {
  const { url: base, notices } = options
  return async (name, { segments, target, json, headers, body, signal, refusedHint }) => {
    const { method, does } = endpoints[name]
    const asked: Asked = { method, does, target, host: base.host }
    const url = urlAt(base.origin, `${basePath(base)}${pathOf(name, segments, options.apiPrefix)}`)
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
