import path from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import { openAtomicFile } from '../output/atomic-file.ts'
import { exportStore, type ExportCounts, type ExportRequest } from '../workflow/export-store.ts'
import type { Runtime } from './runtime.ts'

/**
 * Writes what can still be read of a damaged store, then says what could not.
 *
 * @throws EXPORT_INCOMPLETE (partial) when something could not be read; what could is written.
 */
export async function exportReadable(
  request: ExportRequest,
  out: string | undefined,
  parts: Pick<Runtime, 'terminal' | 'output' | 'store' | 'workingDirectory'>,
): Promise<void> {
  const damaged = new Set<string>()
  await exportItems({ ...request, onDamaged: (what) => damaged.add(what) }, out, parts)
  const [first] = damaged
  if (first === undefined) return
  throw new StixTaxiiError('EXPORT_INCOMPLETE', `${counted(damaged.size, 'damaged piece')} left out: ${first}`, {
    kind: 'partial',
    hint: 'What could be read is written. Put it into a new store: stixtaxii import FILE --store NEW; fetch the rest into that.',
    context: { damaged: [...damaged].slice(0, 20) },
  })
}

/** Writes stored items (ndjson, stix) to standard output or, whole or not at all, to a file. */
export async function exportItems(
  request: ExportRequest,
  out: string | undefined,
  { terminal, output, store, workingDirectory }: Pick<Runtime, 'terminal' | 'output' | 'store' | 'workingDirectory'>,
): Promise<void> {
  const opened = await store()
  const tell = (lines: readonly string[]) => lines.forEach((line) => terminal.note(line))
  if (out === undefined) {
    tell(summaryOf(await exportStore(opened, request, (chunk) => output.raw(chunk))))
    return
  }
  const target = await openAtomicFile(path.resolve(workingDirectory, out))
  try {
    const counts = await exportStore(opened, request, (chunk) => target.write(chunk))
    await target.commit()
    tell(summaryOf(counts, out))
  } finally {
    await target.discard()
  }
}

function summaryOf(counts: ExportCounts, out?: string): readonly string[] {
  const { objects, blocks, leftOut, converted, lost, repeated } = counts
  const from = converted > 0 ? ` (some made of ${counted(converted, 'content block')} of STIX 1)` : ''
  const written = [
    `${counted(objects, 'object')}${from}`,
    ...(blocks > 0 ? [counted(blocks, 'content block')] : []),
  ].join(', ')
  const missing = [
    ...(repeated > 0 ? [`${counted(repeated, 'object')} that another collection has too`] : []),
    ...(lost > 0
      ? [`${counted(lost, 'part')} of STIX 1 that STIX 2.1 has no place for (stixtaxii convert tells which)`]
      : []),
    ...(leftOut > 0
      ? [`${counted(leftOut, 'content block')}, for which a STIX 2 bundle has no place (ndjson has)`]
      : []),
  ]
  return [`${written}${out === undefined ? '' : ` in ${out}`}`, ...missing.map((each) => `left out: ${each}`)]
}

/** `1 object`, `2 objects`. */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`
