import type { SimulatedRequest } from './loopback-server.ts'
import type { StatusOptions } from './taxii1-options.ts'
import { wireOf } from './taxii1-wire.ts'
import type { Taxii1Version } from './taxii1-wire.ts'

/** Message binding ids of these versions. */
export const bindingIds = (versions: readonly Taxii1Version[]): string[] => versions.map((each) => wireOf[each].message)

/**
 * What is wrong with a request's headers: a status message, or an HTTP status for what TAXII cannot say. As strict as
 * OpenTAXII, which compares the whole of `X-TAXII-Accept`.
 * @see TAXII HTTP Protocol Binding 1.0, 2.1
 */
export function headerProblem(
  { headers, url }: SimulatedRequest,
  versions: readonly Taxii1Version[],
): StatusOptions | number | undefined {
  const scheme = url.protocol === 'https:' ? 'https' : 'http'
  if (!/^application\/xml\b/.test(headers['content-type'] ?? '')) return 415
  if (headers.accept !== undefined && !/application\/xml|\*\/\*/.test(headers.accept)) return 406
  const supported = bindingIds(versions)
  const unsupported = { type: 'UNSUPPORTED_MESSAGE', details: { SUPPORTED_BINDING: supported } }
  if (!supported.includes(headers['x-taxii-content-type'] ?? '')) return unsupported
  const accepted = headers['x-taxii-accept']
  if (accepted !== undefined && !supported.includes(accepted)) return unsupported
  if (headers['x-taxii-protocol'] !== `urn:taxii.mitre.org:protocol:${scheme}:1.0`)
    return { type: 'UNSUPPORTED_PROTOCOL' }
  const services = versions.map((each): string => wireOf[each].services)
  return services.includes(headers['x-taxii-services'] ?? '')
    ? undefined
    : { type: 'FAILURE', message: 'X-TAXII-Services is missing or unknown' }
}
