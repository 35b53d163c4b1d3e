import { between, oneOf } from '../../campaign/seeded.ts'
import { countLosses } from '../../../src/stix/convert/losses.ts'
import { convertStix1, newFilter } from '../../../src/stix/convert/from-stix1.ts'
import { readStix1 } from '../../../src/stix/stix1/read.ts'
import { mendXml } from '../../../src/stix/stix1/mend.ts'
import { XmlDocumentFault } from '../../../src/stix/stix1-root.ts'
import { readBlock } from '../../../src/taxii/v1/block.ts'
import { readListing, readServices } from '../../../src/taxii/v1/listings.ts'
import { readPollHead } from '../../../src/taxii/v1/poll-answer.ts'
import { estimatedWaitMs, readStatus, statusError } from '../../../src/taxii/v1/status.ts'
import { createTextArena } from '../../../src/taxii/v1/text-arena.ts'
import { wires } from '../../../src/taxii/v1/wire.ts'
import { XmlFault } from '../../../src/taxii/v1/xml-limits.ts'
import type { XmlLimits } from '../../../src/taxii/v1/xml-limits.ts'
import { messageReader } from '../../../src/taxii/v1/xml-reader.ts'
import type { XmlNode } from '../../../src/taxii/v1/xml-node.ts'
import { xmlTextDecoder } from '../../../src/taxii/v1/xml-text.ts'
import { isPlainXml } from '../../../src/serve/taxii1/plain-xml.ts'
import { SaxesParser } from 'saxes'
import { sampleMessages } from '../seeds-taxii1.ts'
import { mutated, strange } from '../mutate.ts'
import { samplePackages } from '../seeds.ts'
import { bytesOf, Broken, holds, same, textOf } from '../target.ts'
import type { FuzzTarget, Input, Random } from '../target.ts'
import { faultOfAnswer } from '../verdict.ts'

const limits: XmlLimits = { maxDepth: 20, maxAttributes: 20, maxNameLength: 200, maxTextLength: 30_000, maxNodes: 500 }

/** XML changed where XML is fragile: a tag, an attribute, a reference, a section. */
function mutatedXml(random: Random, xml: string, others: readonly string[]): Input {
  if (random() < 0.4) return mutated(random, random() < 0.3 ? Buffer.from(xml) : xml, others)
  const tags = [...xml.matchAll(/<[^>]*>|"[^"]*"/g)]
  if (tags.length === 0) return xml
  let text = xml
  for (let count = between(random, 1, 3); count > 0; count -= 1) {
    const tag = oneOf(random, tags)
    const other = oneOf(random, tags)[0]
    const put = oneOf(random, [
      '',
      other,
      tag[0] + tag[0],
      tag[0].replace(/(\w)/, (letter) => `${letter}${oneOf(random, strange)}`),
      `${tag[0]}<!-- ${other}`,
      `<![CDATA[${tag[0]}]]>`,
      tag[0].replace(/"[^"]*"|'[^']*'/, () => `"${oneOf(random, strange)}"`),
      `&#${between(random, 0, 70000)};${tag[0]}`,
    ])
    const at = text.indexOf(tag[0])
    if (at >= 0) text = text.slice(0, at) + put + text.slice(at + tag[0].length)
  }
  return text
}

/** Messages of TAXII 1.x: the same whatever the borders of chunks; whatever is read of them is what it should be. */
export const taxii1: FuzzTarget = {
  name: 'taxii1',
  weight: 4,
  open: () => ({
    make: (random) => mutatedXml(random, oneOf(random, sampleMessages), sampleMessages),
    judge(input, random) {
      const text = textIn(input)
      if (text === undefined) return
      const whole = readMessage(text, [])
      const borders = Array.from({ length: between(random, 1, 6) }, () => between(random, 0, text.length))
      same(readMessage(text, borders), whole, 'the borders matter')
    },
    isAnswer: (error) => error instanceof XmlFault,
  }),
}

function textIn(input: Input): string | undefined {
  const decoder = xmlTextDecoder(undefined)
  return typeof input === 'string' ? Buffer.from(input).toString() : decoder.write(bytesOf(input)) + decoder.end()
}

function readMessage(text: string, borders: readonly number[]): unknown {
  const said: unknown[] = []
  const arena = createTextArena()
  const reader = messageReader(
    {
      onRoot: ({ name, namespace }) => said.push(['root', name, namespace]),
      onBlock(block) {
        const { item, oddities } = readBlock(block, arena)
        said.push(['block', item.raw.toString(), oddities])
        if (block.content !== undefined && item.raw.length > 0) checkSliced(block.content)
      },
      onBrokenBlock: ({ source }) => said.push(['broken', source]),
    },
    limits,
  )
  try {
    const ends = [...[...borders].sort((a, b) => a - b), text.length]
    ends.forEach((end, index) => reader.write(text.slice(ends[index - 1] ?? 0, end)))
    const root = reader.end()
    return [said, readAll(root)]
  } catch (error) {
    if (!(error instanceof XmlFault)) throw error
    // Where a fault is found depends on what has come; that there is one does not.
    return error.reason === 'XML_LIMIT' || error.reason === 'XML_BROKEN' || error.reason === 'XML_CUT'
      ? 'refused'
      : error.reason
  }
}

/** What was sliced out as XML can be read by itself. */
function checkSliced(content: string): void {
  if (!/<[A-Za-z]/.test(content) || !isPlainXml(content)) return
  const parser = new SaxesParser({ xmlns: false, position: false })
  parser.on('error', (error) => {
    throw new Broken(`isPlainXml takes what is none: ${error.message}`)
  })
  parser.write(`<r>${content}</r>`).close()
}

function readAll(root: XmlNode): unknown {
  const wire = wires[root.namespace === wires['1.0'].namespace ? '1.0' : '1.1']
  const status = readStatus(root)
  const fault = faultOfAnswer(statusError(status, 'The poll'))
  if (fault !== undefined) throw new Broken(fault)
  const wait = estimatedWaitMs(status)
  holds(wait === undefined || (Number.isSafeInteger(wait) && wait >= 0), `the server asks to wait ${wait}`)
  const head = readPollHead(root)
  for (const count of [head.part, head.count])
    holds(count === undefined || Number.isSafeInteger(count), `a count of ${count}`)
  const services = readServices(root)
  for (const { type } of services)
    holds(typeof type === 'string' && /^[a-z-]+$/.test(type), `a service of type ${String(type)}`)
  return [root.name, head, services, readListing(wire, root)]
}

/** STIX 1 packages, also broken ones: read, mended and converted. */
export const stix1: FuzzTarget = {
  name: 'stix1',
  weight: 3,
  open: () => ({
    make: (random) => mutatedXml(random, oneOf(random, samplePackages), samplePackages),
    judge(input) {
      const raw = bytesOf(input)
      const reading = readStix1(raw)
      for (const { values } of reading.statements)
        for (const { value } of values) holds(value.trim() !== '', 'an empty value')
      for (const { record } of recordsOf(raw)) JSON.parse(JSON.stringify(record))
      const mended = mendXml(textOf(input))
      same(mendXml(mended.xml).xml, mended.xml, 'what is mended needs mending')
    },
    isAnswer: (error) => error instanceof XmlDocumentFault,
  }),
}

function recordsOf(raw: Buffer): { readonly record: unknown }[] {
  return [...convertStix1(raw, countLosses(), newFilter())].map((record) => ({ record }))
}
