import type { Context } from 'hono'
import type { ServeEnvironment, ServeParts } from '../parts.ts'
import { answerError, type Scene, type Visit } from './answers.ts'
import { chooseVersion, contentTypes, versionOfContent, versionSpoken } from './media-type.ts'
import type { ResourceKind, Taxii2Version } from './media-type.ts'
import { loginNeeded, notAcceptable, tooManyAttempts } from './refusals.ts'

export interface EndpointOptions {
  /** What the answer is: objects have a media type of their own in 2.0. Default `taxii`. */
  readonly kind?: ResourceKind | undefined
  /** Versions that have such an endpoint at this address. Default: both. */
  readonly versions?: readonly Taxii2Version[] | undefined
  /** What a client of 2.0 is told where only 2.1 has it; default: that its media type is not offered. */
  readonly missingIn20?: (() => Error) | undefined
}

/** Answers one request whose version is agreed on; what it throws becomes an error resource. */
export type Handle = (visit: Visit) => Promise<Response>

/**
 * Makes a handler of a request out of one of a visit: wrong credentials are refused, the version is agreed on, and every
 * error is answered in the words of a version that the client speaks.
 */
export function endpoint(scene: Scene, handle: Handle, options: EndpointOptions = {}) {
  const { parts } = scene
  return async (c: Context<ServeEnvironment>): Promise<Response> => {
    const version = agreedVersion(c, parts, options)
    const visit: Visit = { ...scene, c, version: version ?? spokenAt(c, options) }
    try {
      refuseWrongLogins(visit)
      if (version === undefined) throw refusedVersion(c, parts, options)
      return await handle(visit)
    } catch (error) {
      return answerError(visit, error)
    }
  }
}

const bothVersions: readonly Taxii2Version[] = ['2.1', '2.0']

function offeredVersions(parts: ServeParts, { versions = bothVersions }: EndpointOptions): readonly Taxii2Version[] {
  const spoken = parts.settings.taxii2.versions ?? bothVersions
  return versions.filter((version) => spoken.includes(version))
}

function agreedVersion(c: Context, parts: ServeParts, options: EndpointOptions): Taxii2Version | undefined {
  const preferred = c.req.method === 'POST' ? versionOfContent(c.req.header('content-type')) : undefined
  return chooseVersion(c.req.header('accept'), options.kind ?? 'taxii', offeredVersions(parts, options), preferred)
}

// Where one version alone has an address, errors there are in its words.
function spokenAt(c: Context, { versions = bothVersions }: EndpointOptions): Taxii2Version {
  return (versions.length === 1 && versions[0]) || versionSpoken(c.req.header('accept'))
}

function refusedVersion(c: Context, parts: ServeParts, options: EndpointOptions): Error {
  const accept = c.req.header('accept') ?? ''
  const { kind = 'taxii', missingIn20 } = options
  if (missingIn20 && chooseVersion(accept, kind, ['2.0']) && offeredVersions(parts, {}).includes('2.0'))
    return missingIn20()
  const types = offeredVersions(parts, options).map((version) => contentTypes[version][kind])
  return notAcceptable(accept, types)
}

/** Wrong credentials are told, also where anybody may come in: silence would hide the mistake. */
function refuseWrongLogins({ c }: Visit): void {
  const principal = c.get('principal')
  if (principal.kind === 'refused') throw loginNeeded()
  if (principal.kind === 'limited') throw tooManyAttempts(principal.retryAfterSeconds)
}
