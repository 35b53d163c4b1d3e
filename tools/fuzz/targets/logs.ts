import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { between, oneOf } from '../../campaign/seeded.ts'
import { buildIndex } from '../../../src/enrich/build-index.ts'
import { createEnricher } from '../../../src/enrich/enricher.ts'
import type { LogFormatName } from '../../../src/enrich/formats/format.ts'
import { logFormats } from '../../../src/enrich/formats/format.ts'
import { openIndex } from '../../../src/enrich/open-index.ts'
import type { MatchIndex } from '../../../src/enrich/open-index.ts'
import type { Indicator } from '../../../src/indicators/indicator.ts'
import type { ValueKind } from '../../../src/stix/statement.ts'
import { mutated, strange } from '../mutate.ts'
import { sampleLines } from '../seeds.ts'
import { bytesOf, holds, same } from '../target.ts'
import type { FuzzTarget, Input, Random } from '../target.ts'

const now = new Date('2026-06-01T00:00:00Z')

function indicator(kind: ValueKind, value: string): Indicator {
  return {
    kind,
    value,
    role: 'indicator',
    sound: true,
    ids: [`indicator--${kind}`],
    // What a server may have put there stands in lines of logs.
    name: 'x\u001b[2J"\\,=|\n\u202e<b>',
    labels: ['a,b', "c'd"],
    killChainPhases: [],
    relatedTo: [],
    firstSeen: '2026-01-01T00:00:00.000000Z',
    lastSeen: '2026-02-01T00:00:00.000000Z',
    sources: ['acme'],
  }
}

const known: readonly Indicator[] = [
  indicator('ipv4', '198.51.100.7'),
  indicator('ipv4', '203.0.113.0/28'),
  indicator('ipv6', '2001:db8::7'),
  indicator('domain', 'bad.example'),
  indicator('url', 'http://bad.example/x'),
  indicator('email', 'ann@bad.example'),
  indicator('md5', 'd41d8cd98f00b204e9800998ecf8427e'),
  indicator('file-name', 'evil name.exe'),
]

/**
 * Lines of logs in every format: both cores say the same, however the log is cut; a line that goes in comes out, and one
 * without a hit as it was; what is enriched again stays as it is.
 */
export const log: FuzzTarget = {
  name: 'log',
  weight: 5,
  async open() {
    const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-fuzz-'))
    const file = path.join(folder, 'fuzz.index')
    await writeIndex(file)
    const [core, twin] = [openIndex(file, 'webassembly'), openIndex(file, 'typescript')]
    return {
      make,
      judge: (input, random) => judgeLog(bytesOf(input), { core, twin }, random),
      async close() {
        core.close()
        twin.close()
        await rm(folder, { recursive: true, force: true })
      },
    }
  },
}

async function writeIndex(file: string): Promise<void> {
  const handle = await open(file, 'w')
  const sink = {
    write: async (chunk: Uint8Array) => void (await handle.writeFile(chunk)),
    commit: () => handle.close(),
    discard: () => handle.close(),
  }
  await buildIndex(known, sink, { state: 'fuzz', now })
}

function make(random: Random): Input {
  const first = oneOf(random, sampleLines)
  const lines = Array.from({ length: between(random, 1, 5) }, () => {
    const line = random() < 0.6 ? first : oneOf(random, sampleLines)
    const changed = random() < 0.3 ? line : mutated(random, line, sampleLines)
    return random() < 0.2 ? `${String(changed)}${oneOf(random, strange)}` : String(changed)
  })
  const text = lines.join(oneOf(random, ['\n', '\n', '\r\n', '\n\n'])) + oneOf(random, ['', '\n', '\r'])
  return random() < 0.3 ? mutated(random, Buffer.from(text), []) : text
}

interface Pair {
  readonly core: MatchIndex
  readonly twin: MatchIndex
}

function judgeLog(log: Buffer, { core, twin }: Pair, random: Random): void {
  const format = random() < 0.4 ? undefined : oneOf(random, logFormats)
  const borders = Array.from({ length: between(random, 0, 5) }, () => between(random, 0, log.length))
  const whole = enriched(log, core, [], format)
  same(
    enriched(log, twin, borders, format).text,
    whole.text,
    `the cores or the borders differ in ${format ?? whole.format}`,
  )
  const chosen = format ?? whole.format
  // A record of CSV may go on in the next line, and its header gets columns.
  if (chosen === 'csv' || chosen === undefined) return
  const [before, after] = [linesOf(log.toString('latin1')), linesOf(whole.text)]
  same(after.length, before.length, `lines in and lines out of ${chosen}`)
  const changed = before.filter((line, index) => line !== after[index]).length
  // A line that was enriched before and is no hit any more loses what is ours.
  if (!/ti_|ti=/.test(log.toString('latin1')))
    holds(changed <= whole.hits, `${changed} lines changed, ${whole.hits} have a hit in ${chosen}`)
  // Of a line of NDJSON that is none, which field is named depends on where it breaks.
  if (chosen === 'ndjson' && !before.every(isJson)) return
  same(
    enriched(Buffer.from(whole.text, 'latin1'), core, [], chosen).text,
    whole.text,
    `enriched again, ${chosen} changes`,
  )
}

function isJson(line: string): boolean {
  try {
    return line.trim() === '' || JSON.parse(line) !== undefined
  } catch {
    return false
  }
}

function linesOf(text: string): readonly string[] {
  return text.split('\n')
}

function enriched(log: Buffer, index: MatchIndex, borders: readonly number[], format: LogFormatName | undefined) {
  let guessed: LogFormatName | undefined
  const enricher = createEnricher({ index, nowMs: () => now.getTime(), format, onFormat: (name) => (guessed = name) })
  const ends = [...[...borders].sort((a, b) => a - b), log.length]
  const output = ends.flatMap((end, at) => enricher.push(Buffer.from(log.subarray(ends[at - 1] ?? 0, end))))
  const text = Buffer.concat([...output, ...enricher.end()]).toString('latin1')
  return { text, hits: enricher.statistics.hits, format: guessed }
}
