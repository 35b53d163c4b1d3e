import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { cancelled, StixTaxiiError } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'
import { timestampOfDate } from '../core/timestamp.ts'
import type { CollectionKey, Counts, SourceRef, Store } from '../store/store.ts'
import { addCounts, newTally } from '../store/tally.ts'
import { readStixFile } from './stix-file.ts'
import { unreadable } from './stix-file-faults.ts'

export interface ImportRequest {
  /** Absolute paths. */
  readonly files: readonly string[]
  /** What a file is told as; default: its path. */
  readonly nameOf?: ((file: string) => string) | undefined
  /** Name of the source the files are kept under; a new one where the store has none of that name. */
  readonly source: string
  /** Default: each file's own name. */
  readonly collection?: string | undefined
  readonly lockTimeoutMs: number
}

/** One file. `partial`: what was whole in it is stored, the rest is in quarantine or unreadable. */
export interface ImportResult extends Counts {
  readonly file: string
  readonly source: string
  readonly collection: string
  readonly status: 'ok' | 'partial' | 'failed'
  /** How what a strict reader would have refused was mended; a sentence each. */
  readonly losses: readonly string[]
  readonly error: StixTaxiiError | null
}

export interface ImportDependencies {
  readonly store: Store
  readonly clock: Clock
}

/** The root of what was imported: it has neither API root nor poll address. */
const importRoot = 'file:'

/**
 * Stores files as if they had been fetched: counted, with provenance, under the source's lock. One that fails is a row with
 * an error, and the next is read all the same.
 * @throws STORE_SOURCE_LOCKED (conflict), and what the store throws when it cannot be written.
 */
export async function importFiles(
  request: ImportRequest,
  { store, clock }: ImportDependencies,
  signal: AbortSignal,
): Promise<readonly ImportResult[]> {
  const source = await sourceNamed(store, request.source)
  const lock = await store.lockSource(source, { timeoutMs: request.lockTimeoutMs, signal })
  try {
    const results: ImportResult[] = []
    for (const file of request.files) {
      signal.throwIfAborted()
      const name = request.nameOf?.(file) ?? file
      const collection = request.collection ?? collectionOf(name)
      const result = await importFile({ file, name }, source, collection, { store, clock }, signal)
      results.push({ ...result, file: name })
    }
    return results
  } finally {
    await lock[Symbol.asyncDispose]()
  }
}

/** A file's own name; what came by standard input has none. */
function collectionOf(name: string): string {
  return name === '-' ? 'stdin' : path.basename(name)
}

async function sourceNamed(store: Store, name: string): Promise<SourceRef> {
  const known = await store.sources()
  return known.find((source) => source.name === name) ?? { id: name, name }
}

async function importFile(
  { file, name }: { readonly file: string; readonly name: string },
  source: SourceRef,
  collection: string,
  { store, clock }: ImportDependencies,
  signal: AbortSignal,
): Promise<ImportResult> {
  const key: CollectionKey = { source: source.id, root: importRoot, collection }
  const now = () => timestampOfDate(clock.now())
  const startedAt = now()
  let runId: string | undefined
  // A file that cannot be read, or is no STIX at all, leaves no trace in the store.
  const begun = async () => (runId ??= await store.beginRun({ source, key, version: 'file', startedAt }))
  const counts = newTally()
  const losses: string[] = []
  let isMended = false
  let error: StixTaxiiError | null = null
  try {
    const digest = await digestOf(file, signal)
    for await (const batch of readStixFile(file, signal)) {
      const page = { url: name === '-' ? `${importRoot}-` : pathToFileURL(file).href, digest, receivedAt: now() }
      losses.push(...(batch.losses ?? []))
      isMended ||= batch.isMended ?? false
      const parts = [{ page, items: batch.items, damaged: batch.damaged }]
      addCounts(counts, await store.commit({ key, runId: await begun(), parts, checkpoint: () => undefined }))
    }
    await begun()
    error = damageOf(file, counts) ?? (isMended ? mendedFile(file, losses) : null)
  } catch (caught) {
    if (signal.aborted) error = cancelled(caught)
    else if (caught instanceof StixTaxiiError && caught.kind !== 'internal') error = caught
    else throw caught
  }
  const good = counts.received - counts.quarantined
  const status = error === null ? 'ok' : good > 0 ? 'partial' : 'failed'
  if (runId !== undefined) {
    await store.finishRun(runId, {
      finishedAt: now(),
      status: signal.aborted ? 'cancelled' : error ? 'failed' : 'ok',
      ...(error && { error: { code: error.code, kind: error.kind, message: error.message } }),
    })
  }
  return { file, source: source.name, collection, ...counts, pages: Math.min(1, counts.pages), losses, status, error }
}

function damageOf(file: string, counts: Counts): StixTaxiiError | null {
  if (counts.quarantined === 0) return null
  const of = `${counts.quarantined} of ${counts.received}`
  return new StixTaxiiError('WORKFLOW_FILE_QUARANTINED', `${of} objects in ${file} are damaged and were put aside`, {
    kind: 'protocol',
    hint: 'The rest is stored.',
    context: { file, quarantined: counts.quarantined, received: counts.received },
  })
}

function mendedFile(file: string, losses: readonly string[]): StixTaxiiError {
  return new StixTaxiiError('WORKFLOW_FILE_MENDED', `${file} was damaged: ${losses[0] ?? 'it was mended'}`, {
    kind: 'protocol',
    hint: 'What is whole in it is stored. Get the file again from where it came.',
    context: { file, losses },
  })
}

/** SHA-256 of the file, hex. */
async function digestOf(file: string, signal: AbortSignal): Promise<string> {
  const sum = createHash('sha256')
  try {
    for await (const chunk of createReadStream(file, { signal })) sum.update(chunk as Buffer)
  } catch (cause) {
    throw signal.aborted ? cause : unreadable(file, cause)
  }
  return sum.digest('hex')
}

/** The error an import of these files ends in; undefined when all is well. */
export function importFailure(results: readonly ImportResult[]): StixTaxiiError | undefined {
  const failed = results.filter(({ error }) => error !== null)
  const first = failed[0]?.error
  if (!first) return undefined
  const stopped = failed.find(({ error }) => error?.kind === 'cancelled')
  if (stopped?.error) return stopped.error
  if (failed.length === results.length && failed.every(({ status }) => status === 'failed')) return first
  const names = failed.map(({ file }) => file)
  return new StixTaxiiError('WORKFLOW_IMPORT_PARTIAL', `Not everything could be imported: ${first.message}`, {
    kind: 'partial',
    hint: 'The result says why, file by file. What was whole is stored.',
    context: { failed: names },
    cause: first,
  })
}
