import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { addressOf } from './truth-objects.ts'

/** A log that grows and is rotated, and what came out of `enrich --follow` on it. */
export interface GrowingLog {
  readonly file: string
  /** Lines written so far. */
  readonly written: number
  readonly read: number
  /** Of those, how many had an indicator. */
  readonly hits: number
  readonly rotations: number
  /** Sentences about lines that were lost, doubled, or not known any more. */
  readonly faults: readonly string[]
  append(lines: number): void
  rotate(): void
  /** Takes a line of the enriched log. */
  take(line: string): void
  /** From now on every tenth line names this address, until another one is announced. */
  announce(address: string): void
  /** A line that names it was enriched. */
  knows(address: string): boolean
}

interface Line {
  readonly n: number
  readonly address: string
  readonly et_indicator?: string
}

export function openGrowingLog(folder: string, random: () => number): GrowingLog {
  const file = path.join(folder, 'fw.log')
  writeFileSync(file, '')
  const faults: string[] = []
  const known = new Set<string>()
  let [written, read, hits, rotations] = [0, 0, 0, 0]
  let announced: string | undefined
  const tell = (fault: string): void => void (faults.length < 100 && faults.push(fault))
  return {
    file,
    get written() {
      return written
    },
    get read() {
      return read
    },
    get hits() {
      return hits
    },
    get rotations() {
      return rotations
    },
    faults,
    append(lines) {
      const text = Array.from({ length: lines }, () => {
        const n = written++
        const address =
          n % 10 === 0 && announced !== undefined
            ? announced
            : n % 3 === 0
              ? addressOf(1 + Math.floor(random() * 2), Math.floor(random() * 3_000))
              : `198.51.100.${n % 256}`
        return `${JSON.stringify({ n, address, action: 'deny' })}\n`
      })
      appendFileSync(file, text.join(''))
    },
    rotate() {
      renameSync(file, `${file}.1`)
      writeFileSync(file, '')
      rotations += 1
    },
    take(text) {
      const { n, address, et_indicator: indicator } = JSON.parse(text) as Line
      if (n !== read) tell(`line ${n} came where ${read} was due`)
      read = n + 1
      if (indicator !== undefined) {
        hits += 1
        if (address.startsWith('198.')) tell(`line ${n}: ${address} is not known to anybody`)
        known.add(address)
      } else if (known.has(address)) tell(`line ${n}: ${address} was known before and is not any more`)
    },
    announce: (address) => void (announced = address),
    knows: (address) => known.has(address),
  }
}
