import type { SimulatedResponse } from '../loopback-server.ts'
import { loginPage, refusal } from './answers.ts'
import { isWrite } from './calls.ts'
import type { Call } from './calls.ts'
import type { DirectorFaults } from './faults.ts'
import type { Pools } from './pools.ts'
import type { RecordedRequest } from './record.ts'
import type { ReceivedUpload } from './uploads.ts'

export interface RefusalParts {
  readonly faults: DirectorFaults
  /** The only token that is taken; undefined: any. */
  readonly token: string | undefined
  readonly pools: Pools
  /** What was made of the body while it came. */
  readonly body: ReceivedUpload | 'too-large' | undefined
}

/** Everything that is wrong with a request before anyone looks at what it asks for; undefined when nothing is. */
export function refuse(
  request: RecordedRequest,
  call: Call | undefined,
  { faults, token, pools, body }: RefusalParts,
): SimulatedResponse | undefined {
  const shown = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (shown === undefined) return refusal(401, 'Authorization header is missing.')
  if (token !== undefined && shown !== token) return refusal(401, 'Token is not valid.')
  if (faults.html) return loginPage
  if (call === undefined) return undefined
  const redirect = faults.slashRedirect
  if (redirect && call.call === 'packageUpload' && request.path.endsWith('/'))
    return {
      status: redirect.status,
      headers: { location: `${redirect.origin ?? ''}${request.path.slice(0, -1)}` },
      body: Buffer.alloc(0),
    }
  return refuseBody(request, call, body) ?? pools.refuse(call) ?? refuseCoManaged(call, faults)
}

function refuseBody(request: RecordedRequest, call: Call, body: RefusalParts['body']): SimulatedResponse | undefined {
  if (body === 'too-large' || body?.fault === 'too-large') return refusal(413, 'The body is too large.')
  if (typeof body?.fault === 'object') return refusal(400, `The form cannot be read: ${body.fault.form}.`)
  if (call.body === 'none') return request.bodyBytes > 0 ? refusal(400, 'This call takes no body.') : undefined
  if (call.body !== 'json') return undefined
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    return refusal(415, 'Content-Type must be application/json.')
  if (request.json === undefined) return refusal(400, 'The body is not JSON.')
  const { data } = (request.json ?? {}) as { data?: unknown }
  return typeof data === 'object' && data !== null && !Array.isArray(data)
    ? undefined
    : refusal(400, 'data is required.')
}

function refuseCoManaged(call: Call, { coManaged }: DirectorFaults): SimulatedResponse | undefined {
  if (!coManaged || call.logpoint === undefined || !isWrite(call.call)) return undefined
  if (coManaged.logpoints !== 'all' && !coManaged.logpoints.includes(call.logpoint)) return undefined
  return refusal(coManaged.status ?? 400, 'This Logpoint is in Co-Managed mode: its own users configure it.')
}
