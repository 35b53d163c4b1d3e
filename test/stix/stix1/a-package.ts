import { readStix1 } from '../../../src/stix/stix1/read.ts'
import type { Reading, StatedValue, Statement } from '../../../src/stix/statement.ts'

/** Makers of STIX 1 documents: of one family of name spaces, under prefixes that nobody uses. */

const mitre = {
  s: 'http://stix.mitre.org/stix-1',
  c: 'http://stix.mitre.org/common-1',
  i: 'http://stix.mitre.org/Indicator-2',
  t: 'http://stix.mitre.org/TTP-1',
  n: 'http://stix.mitre.org/Incident-1',
  ca: 'http://stix.mitre.org/Campaign-1',
  m: 'http://data-marking.mitre.org/Marking-1',
  tlp: 'http://data-marking.mitre.org/extensions/MarkingStructure#TLP-1',
  x: 'http://cybox.mitre.org/cybox-2',
  y: 'http://cybox.mitre.org/common-2',
}
const oasis = {
  s: 'http://docs.oasis-open.org/cti/ns/stix/core-1',
  c: 'http://docs.oasis-open.org/cti/ns/stix/common-1',
  i: 'http://docs.oasis-open.org/cti/ns/stix/indicator-1',
  t: 'http://docs.oasis-open.org/cti/ns/stix/ttp-1',
  n: 'http://docs.oasis-open.org/cti/ns/stix/incident-1',
  ca: 'http://docs.oasis-open.org/cti/ns/stix/campaign-1',
  m: 'http://docs.oasis-open.org/cti/ns/stix/data-marking-1',
  tlp: 'http://docs.oasis-open.org/cti/ns/stix/extensions/data-marking/tlp-1',
  x: 'http://docs.oasis-open.org/cti/ns/cybox/core-2',
  y: 'http://docs.oasis-open.org/cti/ns/cybox/common-2',
}
const mitreObjects = {
  addr: 'AddressObject-2',
  dom: 'DomainNameObject-1',
  uri: 'URIObject-2',
  host: 'HostnameObject-1',
  link: 'LinkObject-1',
  file: 'FileObject-2',
  mail: 'EmailMessageObject-2',
  reg: 'WinRegistryKeyObject-2',
  mut: 'MutexObject-2',
  port: 'PortObject-2',
  sock: 'SocketAddressObject-1',
  http: 'HTTPSessionObject-2',
  net: 'NetworkConnectionObject-2',
  cert: 'X509CertificateObject-2',
  proc: 'ProcessObject-2',
}
const oasisObjects: Readonly<Record<keyof typeof mitreObjects, string>> = {
  addr: 'address-2',
  dom: 'domain-name-1',
  uri: 'uri-2',
  host: 'hostname-1',
  link: 'link-1',
  file: 'file-2',
  mail: 'email-message-2',
  reg: 'win-registry-key-2',
  mut: 'mutex-2',
  port: 'port-2',
  sock: 'socket-address-1',
  http: 'http-session-2',
  net: 'network-connection-2',
  cert: 'x509-certificate-2',
  proc: 'process-2',
}

export type Family = 'mitre' | 'oasis'

/** A package around some elements (`s:Indicators`, `s:Observables`, `s:STIX_Header` ...). */
export function aPackage(
  inner: string,
  options: { family?: Family; version?: string; attributes?: string } = {},
): string {
  const { family = 'mitre', version = '1.2', attributes = '' } = options
  const objects = Object.entries(family === 'mitre' ? mitreObjects : oasisObjects).map(([prefix, name]) => [
    prefix,
    family === 'mitre'
      ? `http://cybox.mitre.org/objects#${name}`
      : `http://docs.oasis-open.org/cti/ns/cybox/objects/${name}`,
  ])
  const spaces = [...Object.entries(family === 'mitre' ? mitre : oasis), ...objects]
  const declared = spaces.map(([prefix, uri]) => `xmlns:${prefix ?? ''}="${uri ?? ''}"`).join(' ')
  return (
    `<s:STIX_Package ${declared} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:ex="http://a.example" ` +
    `id="ex:package-1" version="${version}" ${attributes}>${inner}</s:STIX_Package>`
  )
}

/** Properties of an object: `type` is the prefix and the name without `ObjectType`. */
export function anObject(type: string, inner: string, attributes = ''): string {
  return `<x:Object><x:Properties xsi:type="${type}ObjectType" ${attributes}>${inner}</x:Properties></x:Object>`
}

export function anAddress(value: string, category = 'ipv4-addr', attributes = ''): string {
  return anObject(
    'addr:Address',
    `<addr:Address_Value ${attributes}>${value}</addr:Address_Value>`,
    `category="${category}"`,
  )
}

export function aDomain(value: string, attributes = ''): string {
  return anObject('dom:DomainName', `<dom:Value ${attributes}>${value}</dom:Value>`, 'type="FQDN"')
}

export function aHash(type: string | undefined, value: string): string {
  const named = type === undefined ? '' : `<y:Type>${type}</y:Type>`
  return `<file:Hashes><y:Hash>${named}<y:Simple_Hash_Value>${value}</y:Simple_Hash_Value></y:Hash></file:Hashes>`
}

export function aFile(inner: string): string {
  return anObject('file:File', inner)
}

/** An observable of an indicator, or one of a composition with `prefix` x. */
export function anObservable(inner: string, attributes = '', prefix: 'i' | 'x' = 'x'): string {
  return `<${prefix}:Observable ${attributes}>${inner}</${prefix}:Observable>`
}

export function anIndicator(inner: string, attributes = 'id="ex:indicator-1"'): string {
  return `<s:Indicator xsi:type="i:IndicatorType" timestamp="2026-01-02T03:04:05Z" ${attributes}>${inner}</s:Indicator>`
}

/** What a document says. */
export function said(xml: string): Reading {
  return readStix1(Buffer.from(xml))
}

/** The statement of a package's only indicator, whose observables are given. */
export function saidOf(...observables: readonly string[]): Statement {
  const inner = observables.map((each) => anObservable(each, '', 'i')).join('')
  return only(said(aPackage(`<s:Indicators>${anIndicator(inner)}</s:Indicators>`)))
}

export function only(reading: Reading): Statement {
  const [statement, ...others] = reading.statements
  if (!statement || others.length > 0) throw new Error(`there are ${reading.statements.length} statements`)
  return statement
}

/** Values as `kind value`, hints with a question mark. */
export function valuesOf(statement: { readonly values: readonly StatedValue[] }): readonly string[] {
  return statement.values.map(({ kind, value, sound }) => `${kind} ${value}${sound ? '' : ' ?'}`)
}

export function composition(operator: string, ...parts: readonly string[]): string {
  return `<x:Observable_Composition operator="${operator}">${parts.join('')}</x:Observable_Composition>`
}
