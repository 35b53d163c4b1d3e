import { isUtf8 } from 'node:buffer'
import { between, oneOf } from '../../campaign/seeded.ts'
import { StixTaxiiError } from '../../../src/core/errors.ts'
import { ScanError } from '../../../src/scan/scan-error.ts'
import { createSlicer } from '../../../src/scan/slicer.ts'
import type { DocumentShape } from '../../../src/scan/slicer.ts'
import { canonicalJson } from '../../../src/stix/canonical.ts'
import { countLosses } from '../../../src/stix/convert/losses.ts'
import { convertItem } from '../../../src/stix/convert/convert-item.ts'
import { newFilter } from '../../../src/stix/convert/from-stix1.ts'
import { describeObject, isDamaged } from '../../../src/stix/describe.ts'
import { itemLine } from '../../../src/stix/item-line.ts'
import { markingOf } from '../../../src/stix/item-marking.ts'
import { readStatements } from '../../../src/stix/read-statements.ts'
import { cutEnvelope } from '../../../src/taxii/v2/cut-envelope.ts'
import { mutated } from '../mutate.ts'
import { mutatedTree } from '../mutate-tree.ts'
import { sampleObjects, sharedTexts } from '../seeds.ts'
import { bytesOf, holds, same } from '../target.ts'
import type { FuzzTarget, Input, Random } from '../target.ts'

const envelopes: readonly string[] = [
  JSON.stringify({ more: true, next: 'a"b', objects: sampleObjects.slice(0, 4) }),
  JSON.stringify(
    { type: 'bundle', id: 'bundle--1', spec_version: '2.0', objects: sampleObjects.slice(3, 6) },
    undefined,
    1,
  ),
  '{"objects":[{"a":[1,{"b":"\\u00e9\\\\\\""}],"c":1e400},{}, [], "x", 9007199254740993]}',
  '[{"a":1},{"b":[]}]',
  '{"a":1}\n{"b":[2]}\n"x" 3',
]
const limits = { maxDepth: 8, maxKeys: 12, maxStringBytes: 200, maxEnvelopeBytes: 3000 }

/** The slicer of envelopes: both cores say the same, however the document is cut, and what JSON.parse says of what is whole. */
export const envelope: FuzzTarget = {
  name: 'envelope',
  weight: 4,
  open: () => ({
    make(random) {
      const text =
        random() < 0.4
          ? JSON.stringify(mutatedTree(random, JSON.parse(oneOf(random, envelopes.slice(0, 3)))))
          : oneOf(random, envelopes)
      return random() < 0.3 ? text : mutated(random, random() < 0.4 ? Buffer.from(text) : text, envelopes)
    },
    judge(input, random) {
      const bytes = bytesOf(input)
      const shape = oneOf<DocumentShape>(random, ['envelope', 'envelope', 'array', 'sequence'])
      const borders = Array.from({ length: between(random, 0, 9) }, () => between(random, 0, bytes.length))
      const whole = sliced(bytes, [], shape, 'typescript')
      same(
        sliced(bytes, borders, shape, 'webassembly'),
        sliced(bytes, borders, shape, 'typescript'),
        'the cores differ',
      )
      same(sliced(bytes, borders, shape, 'typescript'), whole, 'the borders matter')
      if (shape === 'envelope') agreesWithParse(bytes)
    },
  }),
}

function sliced(bytes: Buffer, borders: readonly number[], shape: DocumentShape, core: 'webassembly' | 'typescript') {
  const members: string[] = []
  const slicer = createSlicer({
    core,
    shape,
    limits,
    onMember: (raw) => members.push(raw.toString('latin1')),
    onDamaged: (detail, raw) => members.push(`${detail}: ${raw.toString('latin1')}`),
  })
  const ends = [...[...borders].sort((a, b) => a - b), bytes.length]
  try {
    // A copy each: what was given is not to be read after its turn.
    ends.forEach((end, index) => slicer.push(Buffer.from(bytes.subarray(ends[index - 1] ?? 0, end))))
    return { members, end: slicer.end().value }
  } catch (error) {
    if (!(error instanceof ScanError)) throw error
    // Which fault is met first depends on what has come; a document that only lacks its end is asked for again.
    return { fault: error.reason === 'cut' ? 'cut' : 'refused' }
  }
}

function agreesWithParse(bytes: Buffer): void {
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch {
    return
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return
  try {
    const { members, damaged, envelope: around } = cutEnvelope(bytes)
    if (damaged) return
    const objects = (parsed as { objects?: unknown }).objects
    // Each of several lists of that name is cut, and the last counts for JSON.parse.
    if (Array.isArray(objects) && bytes.toString('latin1').split(/"(?:\\u006f|o)bjects"/).length === 2)
      same(
        members.map((raw) => JSON.parse(raw.toString()) as unknown),
        objects,
        'members differ from JSON.parse',
      )
    same(Object.keys(around), Object.keys(parsed), 'the envelope differs from JSON.parse')
  } catch (error) {
    if (error instanceof StixTaxiiError && error.code === 'TAXII_ENVELOPE_TOO_MUCH') return
    throw error
  }
}

const objects: readonly string[] = [
  ...sampleObjects.map((object) => JSON.stringify(object)),
  ...sharedTexts('stix2', 40_000).flatMap((text) => membersOf(text).slice(0, 4)),
]

function membersOf(text: string): readonly string[] {
  const { objects: list } = JSON.parse(text) as { objects?: readonly unknown[] }
  return (list ?? []).map((each) => JSON.stringify(each))
}

/** STIX 2 objects: what identifies them, what they say, what they become in 2.1. */
export const object: FuzzTarget = {
  name: 'object',
  weight: 4,
  open: () => ({
    make: (random) =>
      random() < 0.7
        ? JSON.stringify(mutatedTree(random, JSON.parse(oneOf(random, objects))))
        : mutated(random, Buffer.from(oneOf(random, objects)), objects),
    judge: judgeObject,
  }),
}

function judgeObject(input: Input, random: Random): void {
  const raw = bytesOf(input)
  const parsed = parsedOf(raw)
  const canonical = canonicalJson(raw)
  holds(
    !isUtf8(raw) || (canonical !== undefined) === (parsed !== undefined) || isDeep(raw),
    'canonical JSON and JSON.parse disagree on what is JSON',
  )
  if (canonical !== undefined) same(canonicalJson(Buffer.from(canonical)), canonical, 'canonical JSON is not its own')
  const described = describeObject(raw, random() < 0.5 ? { repairs: ['prefix-bare-ids'] } : {})
  holds(!isDamaged(described) || described.reason.startsWith('STIX_'), 'damage without a reason')
  if (isDamaged(described)) return
  same((parsed as { value: { type?: unknown } }).value.type, described.type, 'the type differs from JSON.parse')
  markingOf(described)
  JSON.parse(itemLine(described, { source: 'a', collection: 'b' }).toString())
  const reading = readStatements(described)
  for (const { values } of reading.statements)
    for (const { value } of values ?? []) holds(value.length > 0, 'an empty value')
  for (const line of convertItem(described, countLosses(), newFilter())) JSON.parse(line.toString())
}

function parsedOf(raw: Buffer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw)) as unknown }
  } catch {
    return undefined
  }
}

function isDeep(raw: Buffer): boolean {
  return (raw.toString('latin1').match(/[[{]/g)?.length ?? 0) > 90
}
