import { attributeOf, type Element } from '../elements.ts'
import { allOf, type Expression } from '../expression.ts'
import { readField, type Field } from '../fields.ts'
import { addressField, hostField, innerValue, uriField } from './addresses.ts'
import { ignored, type FieldReader, type FieldReading, type ObjectKind } from './object-kind.ts'

const field =
  (found: Field): FieldReader =>
  (element, reading) =>
    readField(element, found, reading)

const protocol: FieldReader = (element, reading) =>
  lowerCased(readField(element, { path: 'network-traffic:protocols[*]' }, reading))

function lowerCased(part: Expression | undefined): Expression | undefined {
  return part?.is === 'test' ? { ...part, text: part.text.toLowerCase() } : part
}

type End = 'src' | 'dst'

/** One end of a connection: address or host name, and port. */
const socket =
  (end: End): FieldReader =>
  (element, reading) =>
    allOf(element.children.map((child) => socketField(end, child, reading)))

function socketField(end: End, child: Element, reading: FieldReading): Expression | undefined {
  const path = `network-traffic:${end}_ref.value`
  if (child.local === 'IP_Address') {
    return innerValue('Address_Value', (text) => {
      const found = addressField(attributeOf(child, 'category'), text)
      return { ...found, path }
    })(child, reading)
  }
  if (child.local === 'Hostname')
    return innerValue('Hostname_Value', (text) => ({ ...hostField(text), path }))(child, reading)
  if (child.local === 'Port') return port(end)(child, reading)
  return reading.readChildren(child)
}

const port =
  (end: End): FieldReader =>
  (element, reading) =>
    allOf(
      element.children.map((child) =>
        child.local === 'Port_Value'
          ? readField(child, { path: `network-traffic:${end}_port`, type: 'integer' }, reading)
          : protocol(child, reading),
      ),
    )

/** Where the connection is the object, its destination is meant. */
const destination = socket('dst')

const request = "network-traffic:extensions.'http-request-ext'"
const requestHeader = (name: string) => `${request}.request_header.'${name}'`

/** @see CybOX 2.1, Socket_Address, Port, Network_Connection and HTTP_Session objects (SX1-11) */
export const network: ObjectKind = {
  objects: {
    socketaddress: destination,
    port: port('dst'),
  },
  fields: {
    'object/networkconnection:Source_Socket_Address': socket('src'),
    'object/networkconnection:Destination_Socket_Address': socket('dst'),
    // Of an address it says again what the address shows.
    'object/networkconnection:Layer3_Protocol': ignored,
    'object/networkconnection:Layer4_Protocol': protocol,
    'object/networkconnection:Layer7_Protocol': protocol,
    'object/httpsession:HTTP_Method': field({ path: `${request}.request_method` }),
    'object/httpsession:Value': field({ path: `${request}.request_value` }),
    'object/httpsession:Version': field({ path: `${request}.request_version` }),
    'object/httpsession:User_Agent': field({ path: requestHeader('User-Agent'), kind: 'user-agent' }),
    'object/httpsession:Domain_Name': innerValue('Value', (text) => ({
      ...hostField(text),
      path: requestHeader('Host'),
    })),
    'object/httpsession:Referer': innerValue('Value', (text, inner) => ({
      ...uriField(attributeOf(inner, 'type'), text),
      path: requestHeader('Referer'),
    })),
    'object/httpsession:Cookie': field({ path: requestHeader('Cookie') }),
    'object/dnsquery:QName': innerValue('Value', (text) => uriField('Domain Name', text)),
    'object/dnsquery:QType': ignored,
    'object/dnsquery:QClass': ignored,
    'object/dnsrecord:Domain_Name': innerValue('Value', (text) => uriField('Domain Name', text)),
    'object/dnsrecord:IP_Address': innerValue('Address_Value', (text, inner) =>
      addressField(attributeOf(inner, 'category'), text),
    ),
    'object/whois:Domain_Name': innerValue('Value', (text) => uriField('Domain Name', text)),
  },
}
