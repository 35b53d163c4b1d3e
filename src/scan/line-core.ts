import { lineCoreBase64 } from './line-core.generated.ts'
import type { LineExtender, LineScan, LineTables } from './line-scan.ts'
import { lengthFlags } from './value-shape.ts'
import { longestLooked } from './value-look.ts'
import { networkBytes, tableBytes } from './value-table.ts'

/** What tools/scan/assembly/lines.as exports. */
interface Core {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  begin(words: number, slots: number, flags: number): void
  checksum(length: number): number
  extend(event: number, slot: number, nowMs: number): number
  fieldSize(): number
  lineCount(): number
  scanJson(length: number): number
  scanText(length: number): number
  scanValue(length: number): number
}

const lengthsAt = 4_096
const scratchAt = 8_192
const scratchBytes = 16_384
const eventsAt = 65_536
const eventWords = 8
const inputAt = 4_259_840
const namesAt = 4_521_984
const feedBytes = namesAt - inputAt
const nameBytes = 128
const fieldAt = 4_538_368
const recordsAt = 4_587_520
const outputAt = 5_636_096
const tablesAt = 6_029_312
const pageBytes = 65_536
// Vectors are loaded beyond the end of what is looked at.
const slackBytes = 64

const code = Buffer.from(lineCoreBase64, 'base64')

/** Whether this Node runs the core (it needs WebAssembly with SIMD). */
export const hasLineCore = WebAssembly.validate(code)

/** Opens the core with memory for the tables. */
export function createLineCore(tables: LineTables): LineScan {
  const core = new WebAssembly.Instance(new WebAssembly.Module(code)).exports as Core
  const tablesLength = tableBytes(tables)
  const networksLength = tables.networks ? networkBytes : 0
  const wanted = tablesAt + tablesLength + networksLength + slackBytes
  const pages = Math.ceil((wanted - core.memory.buffer.byteLength) / pageBytes)
  if (pages > 0) core.memory.grow(pages)
  const flags = [tables.domains, tables.urls, tables.ipv6, tables.networks, tables.odd].reduce(
    (sum, isOn, bit) => sum | (isOn ? 1 << bit : 0),
    0,
  )
  core.begin(tables.words, tables.slots, flags)
  new Uint8Array(core.memory.buffer, lengthsAt, 1024).set(lengthFlags(tables.lengths))
  const input = new Uint8Array(core.memory.buffer, inputAt, feedBytes)
  const scratch = Buffer.from(core.memory.buffer, scratchAt, scratchBytes)
  const events = new Int32Array(core.memory.buffer, eventsAt, (inputAt - eventsAt) / 4)

  let candidate = 0

  return {
    extender: createExtender(core, () => candidate),
    tables: new Uint8Array(core.memory.buffer, tablesAt, tablesLength),
    networks: new Uint8Array(core.memory.buffer, tablesAt + tablesLength, networksLength),
    checksum: () => core.checksum(tablesLength) >>> 0,
    mayKnow: (text) => text.length > longestLooked || core.scanValue(scratch.write(text)) !== 0,
    read(kind, chunk, from, to, onCandidate) {
      let lines = 0
      let at = from
      while (at < to) {
        const end = feedEnd(chunk, at, to)
        if (end - at > feedBytes) {
          // A line that the core cannot take at once.
          lines++
          onCandidate(at, end, -1, -1, 0)
        } else {
          input.set(chunk.subarray(at, end))
          const found = kind === 'json' ? core.scanJson(end - at) : core.scanText(end - at)
          lines += core.lineCount()
          for (candidate = 0; candidate < found; candidate++) {
            const index = candidate * eventWords
            const value = events[index + 2] as number
            const isNamed = value >= 0
            onCandidate(
              at + (events[index] as number),
              at + (events[index + 1] as number),
              isNamed ? at + value : -1,
              isNamed ? at + (events[index + 3] as number) : -1,
              (events[index + 4] as number) >>> 0,
            )
          }
        }
        at = end
      }
      return lines
    },
  }
}

function createExtender(core: Core, candidate: () => number): LineExtender {
  const memory = Buffer.from(core.memory.buffer)
  let named: readonly string[] | undefined

  function writeNames(names: readonly string[]): void {
    const [field, how, hits] = names.slice(-3) as [string, string, string]
    const pieces = [
      ...names.slice(0, -3).map((name) => `,"${name}":`),
      `,"${field}":`,
      `,"${how}":"exact","${hits}":1`,
      commonBeginning(names),
    ]
    for (const [index, piece] of pieces.entries()) {
      const at = namesAt + index * nameBytes
      memory[at] = memory.write(piece, at + 1, nameBytes - 1)
    }
    named = names
  }

  return {
    records: memory.subarray(recordsAt, outputAt - slackBytes),
    canName: (names) => names.every((name) => /^\w{1,48}$/.test(name)),
    extend(names, slot, nowMs) {
      if (named !== names) writeNames(names)
      const length = core.extend(candidate(), slot, nowMs)
      if (length <= 0) return length < 0 ? undefined : 'expired'
      return Buffer.from(memory.subarray(outputAt, outputAt + length))
    },
    field: () => memory.toString('latin1', fieldAt, fieldAt + core.fieldSize()),
  }
}

/** What all of the names begin with. */
function commonBeginning(names: readonly string[]): string {
  let [common = ''] = names
  for (const name of names) while (!name.startsWith(common)) common = common.slice(0, -1)
  return common
}

// As many whole lines as the core takes, or the one line that is longer.
function feedEnd(chunk: Uint8Array, from: number, to: number): number {
  if (to - from <= feedBytes) return to
  const last = chunk.lastIndexOf(0x0a, from + feedBytes - 1)
  if (last >= from) return last + 1
  const next = chunk.indexOf(0x0a, from + feedBytes)
  return next < 0 || next >= to ? to : next + 1
}
