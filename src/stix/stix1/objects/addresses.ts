import type { ValueKind } from '../../statement.ts'
import { normaliseValue } from '../../values/normalise.ts'
import { recognise } from '../../values/recognise.ts'
import { refang } from '../../values/refang.ts'
import { attributeOf, childOf, type Element } from '../elements.ts'
import { readField, type Field } from '../fields.ts'
import { ignored, type FieldReader, type ObjectKind } from './object-kind.ts'

/** Where a value of these kinds stands in STIX 2. */
export const pathOfKind: Partial<Readonly<Record<ValueKind, string>>> = {
  ipv4: 'ipv4-addr:value',
  ipv6: 'ipv6-addr:value',
  domain: 'domain-name:value',
  url: 'url:value',
  email: 'email-addr:value',
  mac: 'mac-addr:value',
  asn: 'autonomous-system:number',
}

const kindOfCategory: Readonly<Record<string, ValueKind>> = {
  'ipv4-addr': 'ipv4',
  'ipv4-net': 'ipv4',
  'ipv6-addr': 'ipv6',
  'ipv6-net': 'ipv6',
  cidr: 'ipv4',
  'e-mail': 'email',
  mac: 'mac',
  asn: 'asn',
}

/** What no lookup can use: masks and ATM addresses. */
const otherCategories = new Set(['ipv4-net-mask', 'ipv6-net-mask', 'atm'])

/**
 * What an address of a category is; where the text is none of that (many producers leave `ipv4-addr`, the default, on
 * everything) it is what the text looks like.
 * @see CybOX 2.1, Address_Object.xsd, CategoryTypeEnum (SX1-6)
 */
export function addressField(category: string | undefined, text: string): Field {
  const wanted = (category ?? 'ipv4-addr').toLowerCase()
  if (otherCategories.has(wanted)) return {}
  const expected = Object.hasOwn(kindOfCategory, wanted) ? kindOfCategory[wanted] : undefined
  const bare = refang(text)
  const kind = (expected && normaliseValue(expected, bare)?.kind) ?? placedKind(text) ?? expected
  if (kind === undefined) return {}
  return { kind, path: pathOfKind[kind], type: kind === 'asn' ? 'integer' : undefined }
}

function placedKind(text: string): ValueKind | undefined {
  const kind = recognise(text)[0]?.kind
  return kind !== undefined && pathOfKind[kind] !== undefined ? kind : undefined
}

/** @see CybOX 2.1, URI_Object.xsd, URITypeEnum (SX1-8) */
export function uriField(type: string | undefined, text: string): Field {
  const domain = type?.toLowerCase() === 'domain name'
  const bare = refang(text)
  const kind = normaliseValue(domain ? 'domain' : 'url', bare)?.kind ?? placedKind(text) ?? 'url'
  return { kind, path: pathOfKind[kind] }
}

/** Not every host name is a name of the DNS. */
export function hostField(text: string): Field {
  const kind = normaliseValue('domain', refang(text))?.kind
  return { kind, path: pathOfKind[kind ?? 'domain'] }
}

const addressValue: FieldReader = (element, reading) =>
  readField(element, (text) => addressField(attributeOf(parentOf(element), 'category'), text), reading)

const uriValue: FieldReader = (element, reading) =>
  readField(element, (text) => uriField(attributeOf(parentOf(element), 'type'), text), reading)

const asNumber: FieldReader = (element, reading) =>
  readField(element, { kind: 'asn', path: 'autonomous-system:number', type: 'integer' }, reading)

/** The elements inside an element of type `AddressObjectType`, `URIObjectType` ... as one of another object. */
export function innerValue(local: string, fieldOf: (text: string, inner: Element) => Field): FieldReader {
  return (element, reading) => {
    const value = childOf(element, local)
    return value && readField(value, (text) => fieldOf(text, element), reading)
  }
}

function parentOf(element: Element): Element {
  return element.parent ?? element
}

export const addresses: ObjectKind = {
  fields: {
    'object/address:Address_Value': addressValue,
    'object/domainname:Value': (element, reading) => readField(element, hostField, reading),
    'object/hostname:Hostname_Value': (element, reading) => readField(element, hostField, reading),
    'object/hostname:Naming_System': ignored,
    'object/uri:Value': uriValue,
    'object/link:URL_Label': ignored,
    'object/as:Number': asNumber,
    'object/as:Name': (element, reading) => readField(element, { path: 'autonomous-system:name' }, reading),
    'object/as:Handle': ignored,
    'object/as:Regional_Internet_Registry': ignored,
  },
}
