import { open } from 'node:fs/promises'
import path from 'node:path'
import { buildIndex, type IndexSink } from '../../src/enrich/build-index.ts'
import { createEnricher, type EnricherOptions } from '../../src/enrich/enricher.ts'
import { openIndex, type MatchIndex } from '../../src/enrich/open-index.ts'
import type { Indicator } from '../../src/indicators/indicator.ts'
import type { ValueKind } from '../../src/stix/statement.ts'
import { temporaryFolder } from '../support/run-cli.ts'

/** An indicator with everything that it has to have. */
export function anIndicator(kind: ValueKind, value: string, more: Partial<Indicator> = {}): Indicator {
  return {
    kind,
    value,
    role: 'indicator',
    sound: true,
    ids: [`indicator--${kind}-1`],
    labels: [],
    killChainPhases: [],
    relatedTo: [],
    firstSeen: '2026-01-01T00:00:00.000000Z',
    lastSeen: '2026-02-01T00:00:00.000000Z',
    sources: ['acme'],
    ...more,
  }
}

export const now = new Date('2026-06-01T00:00:00Z')

/** A sink that writes straight to a file. */
export async function fileSink(file: string): Promise<IndexSink> {
  const handle = await open(file, 'w')
  let isOpen = true
  const close = async () => {
    if (isOpen) await handle.close()
    isOpen = false
  }
  return { write: async (chunk) => void (await handle.writeFile(chunk)), commit: close, discard: close }
}

export async function anIndexFile(indicators: readonly Indicator[], file?: string): Promise<string> {
  const target = file ?? path.join(temporaryFolder(), 'test.index')
  await buildIndex(indicators, await fileSink(target), { state: 'one', now })
  return target
}

export async function anIndex(
  indicators: readonly Indicator[],
  core?: 'webassembly' | 'typescript',
): Promise<MatchIndex> {
  return openIndex(await anIndexFile(indicators), core)
}

/** What comes of a log that arrives in pieces ending at these places. */
export function enriched(
  log: Buffer | string,
  index: MatchIndex,
  options: Partial<EnricherOptions> & { readonly borders?: readonly number[] } = {},
): string {
  const enricher = createEnricher({ index, nowMs: () => now.getTime(), ...options })
  const bytes = Buffer.from(log)
  const borders = (options.borders ?? []).map((border) => border % (bytes.length + 1)).sort((a, b) => a - b)
  const ends = [...borders, bytes.length]
  const output = ends.flatMap((end, at) => enricher.push(Buffer.from(bytes.subarray(ends[at - 1] ?? 0, end))))
  return Buffer.concat([...output, ...enricher.end()]).toString('latin1')
}
