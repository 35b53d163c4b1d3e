import { lineCoreBase64 } from './line-core.generated.ts'
import type { LineScan, LineTables } from './line-scan.ts'
import { lengthFlags } from './value-shape.ts'
import { longestLooked } from './value-look.ts'
import { networkBytes, tableBytes } from './value-table.ts'

/** What tools/scan/assembly/lines.as exports. */
interface Core {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  begin(words: number, slots: number, flags: number): void
  checksum(length: number): number
  lineCount(): number
  scanJson(length: number): number
  scanText(length: number): number
  scanValue(length: number): number
}

const lengthsAt = 4_096
const scratchAt = 8_192
const scratchBytes = 16_384
const eventsAt = 65_536
const inputAt = 2_162_688
const tablesAt = 2_424_832
const feedBytes = tablesAt - inputAt
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

  return {
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
          onCandidate(at, end, -1, -1)
        } else {
          input.set(chunk.subarray(at, end))
          const found = kind === 'json' ? core.scanJson(end - at) : core.scanText(end - at)
          lines += core.lineCount()
          for (let index = 0; index < found * 4; index += 4) {
            const value = events[index + 2] as number
            const isNamed = value >= 0
            onCandidate(
              at + (events[index] as number),
              at + (events[index + 1] as number),
              isNamed ? at + value : -1,
              isNamed ? at + (events[index + 3] as number) : -1,
            )
          }
        }
        at = end
      }
      return lines
    },
  }
}

// As many whole lines as the core takes, or the one line that is longer.
function feedEnd(chunk: Uint8Array, from: number, to: number): number {
  if (to - from <= feedBytes) return to
  const last = chunk.lastIndexOf(0x0a, from + feedBytes - 1)
  if (last >= from) return last + 1
  const next = chunk.indexOf(0x0a, from + feedBytes)
  return next < 0 || next >= to ? to : next + 1
}
