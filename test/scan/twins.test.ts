import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hasCore } from '../../src/scan/core-scan.ts'
import { ScanError } from '../../src/scan/scan-error.ts'
import { createSlicer } from '../../src/scan/slicer.ts'

type Core = 'webassembly' | 'typescript'

/** Everything a slicer says of a document in pieces: members, damaged ones, and how it ended. */
function outcome(core: Core, bytes: Buffer, pieces: readonly number[]) {
  const members: string[] = []
  const damaged: string[] = []
  const limits = { maxDepth: 6, maxKeys: 4, maxStringBytes: 40 }
  const slicer = createSlicer({
    core,
    limits,
    onMember: (raw) => members.push(raw.toString('latin1')),
    onDamaged: (detail, raw) => damaged.push(`${detail}: ${raw.toString('latin1')}`),
  })
  const borders = [0, ...pieces.map((piece) => piece % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  try {
    for (let index = 1; index < borders.length; index++) slicer.push(bytes.subarray(borders[index - 1], borders[index]))
    return { members, damaged, envelope: slicer.end().value }
  } catch (error) {
    if (error instanceof ScanError) return { members, damaged, fault: `${error.reason}: ${error.message}` }
    throw error
  }
}

it('runs the WebAssembly core on every Node that is supported', () => {
  expect(hasCore).toBe(true)
})

it('both twins say the same of any document, whole or broken, however it is cut', () => {
  const part = fc.constantFrom(
    ...'{}[]",:\\ \n\t1a-é0.',
    '"k":',
    '"text"',
    '{"a":1}',
    ' , ',
    'true',
    '\u0000',
    '[[[[[[[',
  )
  const text = fc.array(part, { maxLength: 40 }).map((parts) => `{"objects":[${parts.join('')}]}`)
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 8 }), (document, pieces) => {
      const bytes = Buffer.from(document)
      expect(outcome('webassembly', bytes, pieces)).toEqual(outcome('typescript', bytes, pieces))
    }),
    { numRuns: 3000 },
  )
})

it('cuts members that lie across what the core takes at once', () => {
  for (const indent of [undefined, 1]) {
    const objects = Array.from({ length: 900 }, (_, n) => ({
      id: `x--${n}`,
      text: '"é\\'.repeat(n % 70),
      list: [n, { n }],
    }))
    const bytes = Buffer.from(JSON.stringify({ objects }, undefined, indent))
    expect(bytes.length).toBeGreaterThan(200_000)
    const members: string[] = []
    const slicer = createSlicer({
      core: 'webassembly',
      onMember: (raw) => members.push(raw.toString()),
      onDamaged: (detail) => members.push(detail),
    })
    slicer.push(bytes)
    slicer.end()
    expect(members).toEqual(objects.map((object) => JSON.stringify(object)))
  }
})

it('several documents at once do not disturb each other, nor does one that was given up', () => {
  const open = () => {
    const members: string[] = []
    const slicer = createSlicer({
      core: 'webassembly',
      onMember: (raw) => members.push(raw.toString()),
      onDamaged: () => undefined,
    })
    return { members, slicer }
  }
  const [a, b, lost] = [open(), open(), open()]
  a.slicer.push(Buffer.from('{"objects":[{"a":"'))
  lost.slicer.push(Buffer.from('{"objects":[[[[{"x":'))
  b.slicer.push(Buffer.from('{"objects":[{"b":[1,'))
  expect(() => lost.slicer.push(Buffer.from(']'))).toThrow(ScanError)
  a.slicer.push(Buffer.from('x"}]}'))
  b.slicer.push(Buffer.from('2]}]}'))
  a.slicer.end()
  b.slicer.end()
  const c = open()
  c.slicer.push(Buffer.from('{"objects":[1]}'))
  c.slicer.end()
  expect([a.members, b.members, c.members]).toEqual([['{"a":"x"}'], ['{"b":[1,2]}'], ['1']])
})
