import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A TAXII 1.1 poll service in a process of its own, whose answers are written while they are read. Prints its URL.
 * The path says what it answers: `/blocks/N` a Poll_Response of N content blocks with STIX 1.2, each of about 1,900 bytes,
 * one in a hundred with text that is not ASCII;
 * `/bomb`, `/external` and `/deep` what nobody should try to read.
 */
const taxii = 'http://taxii.mitre.org/messages/taxii_xml_binding-1.1'
const stix = [
  'xmlns:stix="http://stix.mitre.org/stix-1"',
  'xmlns:indicator="http://stix.mitre.org/Indicator-2"',
  'xmlns:cybox="http://cybox.mitre.org/cybox-2"',
  'xmlns:AddressObj="http://cybox.mitre.org/objects#AddressObject-2"',
  'xmlns:stixCommon="http://stix.mitre.org/common-1"',
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
  'xmlns:example="http://example.example/"',
].join(' ')

/** The end label is now: everything up to this moment is there, so nobody asks for the rest. */
const openingFor = (request: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<taxii_11:Poll_Response xmlns:taxii_11="${taxii}" message_id="1" in_response_to="${request}" collection_name="bench" more="false">\n<taxii_11:Inclusive_End_Timestamp>${new Date().toISOString()}</taxii_11:Inclusive_End_Timestamp>\n`
const refusal = `<taxii_11:Status_Message xmlns:taxii_11="${taxii}" message_id="1" in_response_to="REQUEST" status_type="FAILURE"/>`
const closing = '</taxii_11:Poll_Response>\n'

function block(n: number): string {
  const id = n.toString(16).padStart(12, '0')
  const stamp = new Date(Date.UTC(2025, 0, 1) + n * 10).toISOString()
  const address = `198.51.${(n >> 8) & 255}.${n & 255}`
  return `<taxii_11:Content_Block><taxii_11:Content_Binding binding_id="urn:stix.mitre.org:xml:1.2"/><taxii_11:Content>
<stix:STIX_Package ${stix} id="example:Package-${id}" version="1.2" timestamp="${stamp}">
  <stix:STIX_Header><stix:Title>Report ${n} for ${n % 100 === 0 ? 'Ålesund' : 'Oslo'} &amp; others</stix:Title></stix:STIX_Header>
  <stix:Indicators>
    <stix:Indicator id="example:indicator-${id}" timestamp="${stamp}" xsi:type="indicator:IndicatorType" version="2.2">
      <indicator:Title>Malicious address number ${n}</indicator:Title>
      <indicator:Type xsi:type="stixVocabs:IndicatorTypeVocab-1.1" xmlns:stixVocabs="http://stix.mitre.org/default_vocabularies-1">IP Watchlist</indicator:Type>
      <indicator:Description>Seen by sensor ${n % 97} in campaign ${n % 13}. Further context of no particular meaning.</indicator:Description>
      <indicator:Observable id="example:observable-${id}">
        <cybox:Object id="example:object-${id}">
          <cybox:Properties xsi:type="AddressObj:AddressObjectType" category="ipv4-addr">
            <AddressObj:Address_Value condition="Equals">${address}</AddressObj:Address_Value>
          </cybox:Properties>
        </cybox:Object>
      </indicator:Observable>
      <indicator:Confidence timestamp="${stamp}"><stixCommon:Value>High</stixCommon:Value></indicator:Confidence>
    </stix:Indicator>
  </stix:Indicators>
</stix:STIX_Package></taxii_11:Content><taxii_11:Timestamp_Label>${stamp}</taxii_11:Timestamp_Label></taxii_11:Content_Block>
`
}

const blocksAtOnce = 500

async function writeBlocks(response: ServerResponse, count: number, request: string): Promise<void> {
  response.write(openingFor(request))
  for (let from = 0; from < count && !response.destroyed; from += blocksAtOnce) {
    const some: string[] = []
    for (let n = from; n < Math.min(count, from + blocksAtOnce); n++) some.push(block(n))
    if (!response.write(some.join(''))) await drainedOrClosed(response)
  }
  response.end(closing)
}

/** The listener of what did not come goes as well: a long answer waits thousands of times. */
async function drainedOrClosed(response: ServerResponse): Promise<void> {
  const over = new AbortController()
  const { signal } = over
  const waits = [once(response, 'drain', { signal }), once(response, 'close', { signal })]
  await Promise.race(waits)
  over.abort()
  await Promise.allSettled(waits)
}

const entities = Array.from({ length: 9 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`).join('')
const deep = 200_000

const hostile: Readonly<Record<string, (opening: string) => string>> = {
  '/bomb': (opening) => opening.replace('\n', `\n<!DOCTYPE x [<!ENTITY e0 "lol">${entities}]>\n`) + `&e9;${closing}`,
  '/external': (opening) =>
    opening.replace('\n', '\n<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>\n') + `&f;${closing}`,
  '/deep': (opening) => `${opening}${'<a>'.repeat(deep)}${'</a>'.repeat(deep)}${closing}`,
}

const headers = {
  'content-type': 'application/xml',
  'x-taxii-content-type': 'urn:taxii.mitre.org:message:xml:1.1',
  'x-taxii-protocol': 'urn:taxii.mitre.org:protocol:http:1.0',
  'x-taxii-services': 'urn:taxii.mitre.org:services:1.1',
}

const server = createServer((request, response) => {
  const asked: Buffer[] = []
  request.on('data', (chunk: Buffer) => asked.push(chunk))
  request.on('end', () => {
    const text = Buffer.concat(asked).toString()
    const id = /message_id="(\d+)"/.exec(text)?.[1] ?? '0'
    response.writeHead(200, headers)
    if (!text.includes('Poll_Request')) return void response.end(refusal.replace('REQUEST', id))
    const path = (request.url ?? '/').replace(/\/$/, '')
    const count = /^\/blocks\/(\d+)$/.exec(path)?.[1]
    if (count !== undefined) return void writeBlocks(response, Number(count), id)
    const spoil = hostile[path]
    response.end(spoil ? spoil(openingFor(id)) : openingFor(id) + closing)
  })
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`)
})
