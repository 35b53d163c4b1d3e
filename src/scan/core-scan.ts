import { coreBase64 } from './core.generated.ts'
import { createMemberBytes } from './member-bytes.ts'
import { ScanError, type ScanReason } from './scan-error.ts'
import type { SliceLimits } from './slicer.ts'

/** What comes of reading on inside an array. */
export interface MemberSink {
  readonly onMember: (raw: Buffer) => void
  readonly onDamaged: (detail: string, raw: Buffer) => void
}

/** Reads the members of an array with the WebAssembly core: what `MemberReader` and the slicer do between them in TypeScript. */
export interface CoreScan {
  /** Reads on from `from`; the position after the array's closing bracket, or -1 when the chunk is used up. */
  read(chunk: Buffer, from: number): number
}

/** What tools/scan/assembly/scan.as exports. */
interface Core {
  readonly memory: { readonly buffer: ArrayBuffer }
  begin(maxDepth: number, maxKeys: number, maxStringBytes: number): void
  scan(length: number): number
}

const eventsAt = 65_536
const inputAt = 1_048_576
const feedBytes = 120 * 1024

// An instance holds the state of one array: it is taken for its length and given back.
let module: WebAssembly.Module | undefined
const idle: Core[] = []
const mostIdle = 4

/** Whether this Node runs the core (it needs WebAssembly with SIMD). */
export const hasCore = WebAssembly.validate(Buffer.from(coreBase64, 'base64'))

function takeCore(): Core {
  const known = idle.pop()
  if (known) return known
  module ??= new WebAssembly.Module(Buffer.from(coreBase64, 'base64'))
  return new WebAssembly.Instance(module).exports as Core
}

const faults: Readonly<Record<number, readonly [ScanReason, string]>> = {
  1: ['syntax', 'a control character within a string'],
  2: ['syntax', 'a separator is missing'],
  3: ['syntax', 'a value is missing'],
  4: ['syntax', 'a colon where a separator belongs'],
  5: ['limit', 'nested deeper than 10000 levels'],
  6: ['syntax', 'brackets do not match'],
  7: ['syntax', 'a byte that has no business outside a string'],
}

export function createCoreScan(
  limits: SliceLimits,
  offsetOf: (position: number) => number,
  { onMember, onDamaged }: MemberSink,
): CoreScan {
  const core = takeCore()
  core.begin(limits.maxDepth, limits.maxKeys, limits.maxStringBytes)
  const input = new Uint8Array(core.memory.buffer, inputAt, feedBytes)
  const events = new Int32Array(core.memory.buffer, eventsAt, (inputAt - eventsAt) / 4)
  const problems = [
    '',
    `is nested deeper than ${limits.maxDepth} levels`,
    `has a string of more than ${limits.maxStringBytes} bytes`,
    `has an object of more than ${limits.maxKeys} members`,
    'has two values without a separator',
  ]
  const bytes = createMemberBytes()
  let isInside = false
  let start = 0
  let problem: string | undefined

  function deliver(chunk: Buffer, end: number): void {
    isInside = false
    const raw = bytes.finish(chunk, start, end)
    if (problem === undefined) onMember(raw)
    else onDamaged(problem, raw)
  }

  // Follows the events of one feed; the position after the array's end, or -1.
  function follow(chunk: Buffer, base: number, count: number): number {
    for (let index = 0; index < count; index++) {
      const event = events[index] as number
      const position = base + (event >> 3)
      switch (event & 7) {
        case 0:
          isInside = true
          problem = undefined
          bytes.begin()
          start = position
          break
        case 1:
          deliver(chunk, position)
          break
        case 2:
          bytes.keep(chunk, start, position)
          start = position
          break
        case 3:
          start = position
          break
        case 4:
          if (idle.length < mostIdle) idle.push(core)
          return position
        case 5:
          problem ??= problems[event >> 3]
          break
        default: {
          const [reason, message] = faults[events[index + 1] as number] ?? ['syntax', 'no JSON']
          throw new ScanError(reason, message, offsetOf(position))
        }
      }
    }
    return -1
  }

  return {
    read(chunk, from) {
      start = from
      for (let at = from; at < chunk.length; at += feedBytes) {
        const length = Math.min(feedBytes, chunk.length - at)
        input.set(chunk.subarray(at, at + length))
        const end = follow(chunk, at, core.scan(length))
        if (end >= 0) return end
      }
      if (isInside) bytes.keep(chunk, start, chunk.length)
      return -1
    },
  }
}
