import { aRawServer, message, type RawAnswer } from './support.ts'

/** A service instance, as discovery lists it. */
export const service = (
  type: string,
  address: string,
  more: { protocol?: string; binding?: string; attributes?: string; inside?: string } = {},
): string =>
  `<t:Service_Instance service_type="${type}" service_version="urn:taxii.mitre.org:services:1.1" ${more.attributes ?? ''}>` +
  `<t:Protocol_Binding>${more.protocol ?? 'urn:taxii.mitre.org:protocol:http:1.0'}</t:Protocol_Binding><t:Address>${address}</t:Address>` +
  `<t:Message_Binding>${more.binding ?? 'urn:taxii.mitre.org:message:xml:1.1'}</t:Message_Binding>${more.inside ?? ''}</t:Service_Instance>`

/** The poll service of a collection's record. */
export const polling = (address: string): string =>
  `<t:Polling_Service><t:Protocol_Binding>urn:taxii.mitre.org:protocol:http:1.0</t:Protocol_Binding><t:Address>${address}</t:Address>` +
  `<t:Message_Binding>urn:taxii.mitre.org:message:xml:1.1</t:Message_Binding></t:Polling_Service>`

/** A server of discovery, collections and polls, each at its path; answers of others are 404. */
export async function aService(parts: {
  services?: (url: string) => string
  collections?: (url: string) => string
  polls?: Record<string, (id: string) => string | RawAnswer>
}) {
  const server: Awaited<ReturnType<typeof aRawServer>> = await aRawServer(({ path, id, name }) => {
    if (path === '/d' && name === 'Discovery_Request')
      return message('Discovery_Response', id, '', parts.services?.(server.url) ?? '')
    if (path === '/c' && name === 'Collection_Information_Request') {
      return message('Collection_Information_Response', id, '', parts.collections?.(server.url) ?? '')
    }
    const poll = parts.polls?.[path]
    return poll ? poll(id) : { status: 404, headers: {}, body: 'nothing here' }
  })
  return server
}
