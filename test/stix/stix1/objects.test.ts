import { describe, expect, it } from 'vitest'
import {
  aDomain,
  aFile,
  aHash,
  anAddress,
  anIndicator,
  anObject,
  anObservable,
  aPackage,
  only,
  said,
  saidOf,
  valuesOf,
} from './a-package.ts'

const values = (...observables: readonly string[]) => valuesOf(saidOf(...observables))
const md5 = '0123456789abcdef0123456789abcdef'
const sha1 = '0123456789abcdef0123456789abcdef01234567'

describe('CybOX objects', () => {
  it.each([
    ['ipv4-addr', '192.0.2.1', 'ipv4 192.0.2.1'],
    ['ipv6-addr', '2001:DB8::1', 'ipv6 2001:db8::1'],
    ['cidr', '198.51.100.7/24', 'ipv4 198.51.100.0/24'],
    ['ipv4-net', '198.51.100.0/24', 'ipv4 198.51.100.0/24'],
    ['ipv6-net', '2001:db8::/32', 'ipv6 2001:db8::/32'],
    ['e-mail', 'Ann@A.Example', 'email ann@a.example'],
    ['mac', '00-00-5E-00-53-01', 'mac 00:00:5e:00:53:01'],
    ['asn', '64496', 'asn AS64496'],
  ])('SX1-6: an address of category %s is a value', (category, text, value) => {
    expect(values(anAddress(text, category))).toEqual([value])
  })

  it('SX1-6: the category is ipv4-addr where none is given, and what the text looks like where it is not that', () => {
    const bare = anObject('addr:Address', '<addr:Address_Value>192.0.2.1</addr:Address_Value>')
    expect(values(bare)).toEqual(['ipv4 192.0.2.1'])
    expect(values(anAddress('bad.example', 'ipv4-addr'))).toEqual(['domain bad.example'])
    expect(values(anAddress('2001:db8::7', 'ipv4-addr'))).toEqual(['ipv6 2001:db8::7'])
    expect(values(anAddress('255.255.255.0', 'ipv4-net-mask'))).toEqual([])
  })

  it('SX1-7: domain and host names are domains', () => {
    expect(values(aDomain('Bad.Example.'))).toEqual(['domain bad.example'])
    expect(values(anObject('host:Hostname', '<host:Hostname_Value>c2.bad.example</host:Hostname_Value>'))).toEqual([
      'domain c2.bad.example',
    ])
  })

  it('SX1-8: a URI is a URL, or a domain where its type says so; a link is a URI', () => {
    const uri = (value: string, type: string) =>
      anObject('uri:URI', `<uri:Value>${value}</uri:Value>`, `type="${type}"`)
    expect(values(uri('http://bad.example/a', 'URL'))).toEqual(['url http://bad.example/a'])
    expect(values(uri('bad.example', 'Domain Name'))).toEqual(['domain bad.example'])
    expect(values(anObject('link:Link', '<uri:Value>http://bad.example/b</uri:Value>', 'type="URL"'))).toEqual([
      'url http://bad.example/b',
    ])
  })

  it.each([
    ['MD5', md5, 'md5'],
    ['SHA1', sha1, 'sha1'],
    ['SHA256', 'ab'.repeat(32), 'sha256'],
    ['SHA384', 'ab'.repeat(48), 'sha384'],
    ['SHA512', 'ab'.repeat(64), 'sha512'],
    ['SHA224', 'ab'.repeat(28), 'sha224'],
    [undefined, md5, 'md5'],
    [undefined, 'ab'.repeat(32), 'sha256'],
    ['Other', sha1, 'sha1'],
  ])('SX1-9: a hash named %s is known by name or length', (type, value, kind) => {
    expect(values(aFile(aHash(type, value.toUpperCase())))).toEqual([`${kind} ${value}`])
  })

  it('SX1-9: SSDEEP stands in the fuzzy value', () => {
    const fuzzy = '3:AIO9AJraNvsgzsVqSwHqiUZ:AeuOqZ'
    const hash = `<file:Hashes><y:Hash><y:Type>SSDEEP</y:Type><y:Fuzzy_Hash_Value>${fuzzy}</y:Fuzzy_Hash_Value></y:Hash></file:Hashes>`
    expect(values(aFile(hash))).toEqual([`ssdeep ${fuzzy}`])
  })

  it("SX1-9: a file's hash is enough to know it by, its name only together with it", () => {
    const both = aFile(
      `<file:File_Name>a.exe</file:File_Name>${aHash('MD5', md5)}<file:Size_In_Bytes>7</file:Size_In_Bytes>`,
    )
    expect(values(both)).toEqual([`md5 ${md5}`, 'file-name a.exe ?'])
    expect(values(aFile('<file:File_Name>a.exe</file:File_Name>'))).toEqual(['file-name a.exe'])
    const path = '<file:File_Path>C:\\Temp</file:File_Path>'
    expect(values(aFile(`<file:File_Name>a.exe</file:File_Name>${path}`))).toEqual([
      'file-name a.exe ?',
      'file-path C:\\Temp ?',
    ])
    const several = `<file:Hashes><y:Hash><y:Simple_Hash_Value>${md5}</y:Simple_Hash_Value></y:Hash><y:Hash><y:Simple_Hash_Value>${sha1}</y:Simple_Hash_Value></y:Hash></file:Hashes>`
    expect(values(aFile(several))).toEqual([`md5 ${md5}`, `sha1 ${sha1}`])
  })

  const header = (inner: string) => anObject('mail:EmailMessage', `<mail:Header>${inner}</mail:Header>`)
  const from = '<mail:From category="e-mail"><addr:Address_Value>eve@bad.example</addr:Address_Value></mail:From>'

  it('SX1-10: an e-mail is known by its sender, or by all that is said of it together', () => {
    expect(values(header(from))).toEqual(['email eve@bad.example'])
    const more =
      '<mail:To><mail:Recipient><addr:Address_Value>ann@a.example</addr:Address_Value></mail:Recipient></mail:To>' +
      '<mail:Subject>Invoice\r\nno. 7</mail:Subject>'
    expect(values(header(from + more))).toEqual([
      'email eve@bad.example ?',
      'email ann@a.example ?',
      'email-subject Invoice\nno. 7 ?',
    ])
  })

  it('SX1-10: attachments and links are found by object_reference, after the whole package', () => {
    const mail = anObject(
      'mail:EmailMessage',
      `<mail:Header>${from}</mail:Header>` +
        '<mail:Attachments><mail:File object_reference="ex:file-1"/></mail:Attachments>' +
        '<mail:Links><mail:Link object_reference="ex:link-1"/></mail:Links>',
    )
    const file = aFile(aHash('MD5', md5)).replace('<x:Object>', '<x:Object id="ex:file-1">')
    const link = anObject('link:Link', '<uri:Value>http://bad.example/x</uri:Value>').replace(
      '<x:Object>',
      '<x:Object id="ex:link-1">',
    )
    const indicators = `<s:Indicators>${anIndicator(anObservable(mail, '', 'i'))}</s:Indicators>`
    const observables = `<s:Observables>${anObservable(file)}${anObservable(link)}</s:Observables>`
    const reading = said(aPackage(indicators + observables))
    expect(valuesOf(reading.statements[0] as never)).toEqual([
      'email eve@bad.example ?',
      `md5 ${md5} ?`,
      'url http://bad.example/x ?',
    ])
  })

  it('SX1-11: registry keys have their hive, and their values have to be there besides', () => {
    const key = '<reg:Hive>HKEY_LOCAL_MACHINE</reg:Hive><reg:Key>Software\\Bad</reg:Key>'
    expect(values(anObject('reg:WindowsRegistryKey', key))).toEqual(['registry-key HKEY_LOCAL_MACHINE\\software\\bad'])
    const value = '<reg:Values><reg:Value><reg:Name>Run</reg:Name><reg:Data>a.exe</reg:Data></reg:Value></reg:Values>'
    expect(values(anObject('reg:WindowsRegistryKey', key + value))).toEqual([
      'registry-key HKEY_LOCAL_MACHINE\\software\\bad ?',
    ])
  })

  it('SX1-11: mutexes, processes and certificates', () => {
    expect(values(anObject('mut:Mutex', '<mut:Name>Global\\bad</mut:Name>'))).toEqual(['mutex Global\\bad'])
    expect(values(anObject('proc:Process', '<proc:Name>bad.exe</proc:Name>'))).toEqual(['process bad.exe'])
    const certificate = '<cert:Certificate><cert:Serial_Number>0A:0B</cert:Serial_Number></cert:Certificate>'
    expect(values(anObject('cert:X509Certificate', certificate))).toEqual(['certificate-serial a0b'])
  })

  const address =
    '<sock:IP_Address category="ipv4-addr"><addr:Address_Value>192.0.2.1</addr:Address_Value></sock:IP_Address>'
  const port =
    '<sock:Port><port:Port_Value>8080</port:Port_Value><port:Layer4_Protocol>TCP</port:Layer4_Protocol></sock:Port>'

  it('SX1-11: the address of a socket is known alone, and with a port only together with it', () => {
    expect(values(anObject('sock:SocketAddress', address))).toEqual(['ipv4 192.0.2.1'])
    expect(values(anObject('sock:SocketAddress', address + port))).toEqual(['ipv4 192.0.2.1 ?'])
    const statement = saidOf(anObject('port:Port', '<port:Port_Value>8080</port:Port_Value>'))
    expect(statement.values).toEqual([])
    expect(statement.unused).toEqual(['Port_Value is nothing that can be looked for'])
  })

  it('SX1-11: both ends of a network connection, and what an HTTP session asks for', () => {
    const connection = anObject(
      'net:NetworkConnection',
      `<net:Layer3_Protocol>IPv4</net:Layer3_Protocol><net:Destination_Socket_Address>${address}</net:Destination_Socket_Address>`,
    )
    expect(values(connection)).toEqual(['ipv4 192.0.2.1'])
    const session = (inner: string) =>
      anObject(
        'http:HTTPSession',
        `<http:HTTP_Request_Response><http:HTTP_Client_Request>${inner}</http:HTTP_Client_Request></http:HTTP_Request_Response>`,
      )
    const agent =
      '<http:HTTP_Request_Header><http:Parsed_Header><http:User_Agent>Bad/1.0</http:User_Agent></http:Parsed_Header></http:HTTP_Request_Header>'
    const line = '<http:HTTP_Request_Line><http:HTTP_Method>GET</http:HTTP_Method></http:HTTP_Request_Line>'
    expect(values(session(agent))).toEqual(['user-agent Bad/1.0'])
    expect(values(session(line + agent))).toEqual(['user-agent Bad/1.0 ?'])
  })

  it('what is not understood may have to hold too: nothing beside it is certain', () => {
    const statement = saidOf(aFile('<file:File_Name>a.exe</file:File_Name><file:Packer_List>x</file:Packer_List>'))
    expect(valuesOf(statement)).toEqual(['file-name a.exe ?'])
    expect(statement.unused).toEqual(['Not understood: Packer_List'])
  })

  it('SX1-5: related objects are context, but a file that an e-mail contains came with it', () => {
    const related = (relation: string, inner: string) =>
      `<x:Related_Objects><x:Related_Object>${inner}<x:Relationship>${relation}</x:Relationship></x:Related_Object></x:Related_Objects></x:Object>`
    const inner = (object: string) => object.replace(/<\/?x:Object>/g, '')
    const domain = aDomain('bad.example').replace('</x:Object>', related('Resolved_To', inner(anAddress('192.0.2.1'))))
    expect(values(domain)).toEqual(['domain bad.example'])
    const mail = header(from).replace('</x:Object>', related('Contains', inner(aFile(aHash('MD5', md5)))))
    expect(values(mail)).toEqual(['email eve@bad.example ?', `md5 ${md5} ?`])
  })

  it('SX1-1: reads the OASIS name spaces as those of MITRE', () => {
    for (const family of ['mitre', 'oasis'] as const) {
      const inner = anIndicator(anObservable(aFile(aHash('MD5', md5)), '', 'i'))
      const statement = only(said(aPackage(`<s:Indicators>${inner}</s:Indicators>`, { family })))
      expect(valuesOf(statement)).toEqual([`md5 ${md5}`])
    }
  })

  it('SX1-1: a known prefix of another name space means nothing', () => {
    const foreign = `<stix:STIX_Package xmlns:stix="http://a.example/other" xmlns:cybox="http://a.example/other2"><stix:Indicators/></stix:STIX_Package>`
    expect(said(foreign)).toMatchObject({
      statements: [],
      losses: ['<STIX_Package> is no element of a name space of STIX 1'],
    })
  })
})
