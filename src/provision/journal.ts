import { z } from 'zod'
import { StixTaxiiError } from '../core/errors.ts'
import type { Storage } from '../director/client.ts'
import { openAppender, readOwnFile } from './own-file.ts'
import type { Step } from './plan.ts'
import { knownSourceSchema, secretReferenceSchema, type KnownSource, type SourceRecord } from './source-record.ts'

/**
 * What was there before a write, as far as it is known: what a rollback goes back to. Secrets are references or
 * fingerprints.
 */
export interface Before {
  /** Ids of the sources listed before a create. */
  readonly ids?: readonly string[] | undefined
  readonly source?: KnownSource | undefined
  readonly secrets?: SourceRecord['secrets'] | undefined
  /** Of the package that was installed. */
  readonly fileName?: string | undefined
  /** Of a file that is trashed. */
  readonly file?: { readonly path: string; readonly lengthBytes: number; readonly sha256: string } | undefined
}

/** How a write ended. `unknown`: it may have been carried out; the next run finds out. */
export type StepEnd = 'done' | 'failed' | 'unknown' | 'not done'

/** One line of the journal. `step` counts from 1 within its run. */
export type JournalEntry =
  | {
      readonly event: 'begin'
      readonly run: string
      readonly at: string
      readonly command: string
      readonly fleet: string
      readonly director: string
      /** The desired state's file; absolute. */
      readonly file?: string | undefined
      readonly writes: number
    }
  | {
      readonly event: 'intent'
      readonly run: string
      readonly at: string
      readonly step: number
      readonly director: string
      readonly fleet: string
      readonly target: string
      readonly write: Step
      readonly before: Before
    }
  | {
      readonly event: 'order'
      readonly run: string
      readonly at: string
      readonly step: number
      readonly order: string
    }
  | {
      readonly event: 'result'
      readonly run: string
      readonly at: string
      readonly step: number
      readonly end: StepEnd
      readonly sourceId?: string | undefined
      readonly error?: string | undefined
      /** Found out by a later run. */
      readonly settledBy?: string | undefined
    }
  | { readonly event: 'end'; readonly run: string; readonly at: string; readonly status: string }

export type Intent = Extract<JournalEntry, { event: 'intent' }>

/** A write whose end is not known. */
export interface OpenIntent {
  readonly intent: Intent
  readonly order?: string | undefined
}

/** An append-only file; an entry that was recorded is on the disk. */
export interface Journal extends AsyncDisposable {
  record(entry: JournalEntry): Promise<void>
}

/** Opens the journal for writing; the caller holds the state's lock. @throws PROVISION_FILE_FAILED (local) */
export async function openJournal(path: string): Promise<Journal> {
  const appender = await openAppender(path)
  return {
    record: (entry) => appender.append(JSON.stringify(entry)),
    [Symbol.asyncDispose]: () => appender[Symbol.asyncDispose](),
  }
}

/**
 * Every entry, oldest first; none without a file. Half a line at the end is what a crash left of a record that was never
 * relied on.
 * @throws PROVISION_JOURNAL_DAMAGED (config) with the line, PROVISION_FILE_LOOSE (config)
 */
export async function readJournal(path: string): Promise<readonly JournalEntry[]> {
  const text = await readOwnFile(path)
  if (text === undefined) return []
  const lines = text.split('\n')
  const entries: JournalEntry[] = []
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    const entry = parseEntry(line)
    if (entry) entries.push(entry)
    else if (!isHalf(line)) throw damaged(path, index + 1)
  }
  return entries
}

/** The file beside the state. */
export function journalPath(statePath: string): string {
  return `${statePath}.journal`
}

/** Writes whose result is not there or was not known, oldest first. */
export function openIntents(entries: readonly JournalEntry[]): readonly OpenIntent[] {
  const open = new Map<string, { intent: Intent; order?: string }>()
  for (const entry of entries) {
    if (entry.event === 'begin' || entry.event === 'end') continue
    const key = `${entry.run} ${entry.step}`
    if (entry.event === 'intent') open.set(key, { intent: entry })
    const found = open.get(key)
    if (entry.event === 'order' && found) open.set(key, { ...found, order: entry.order })
    if (entry.event === 'result' && entry.end !== 'unknown') open.delete(key)
  }
  return [...open.values()]
}

const pool = z.object({ name: z.string(), id: z.string() })
const logpoint = z.object({ name: z.string(), id: z.string(), pool })
const storage: z.ZodType<Storage> = z.discriminatedUnion('location', [
  z.object({ location: z.literal('private'), pool }),
  z.object({ location: z.literal('public') }),
])
const location = z.enum(['private', 'public'])
const local = z.object({ path: z.string(), lengthBytes: z.number(), sha256: z.string() })
const anyStep = {
  sign: z.enum(['+', '~', '-']),
  thing: z.string(),
  fields: z.array(z.object({ field: z.string(), from: z.string(), to: z.string() })),
}
const plannedSecret = z.object({
  reference: z.union([secretReferenceSchema, z.strictObject({ from: z.enum(['none', 'listed']) })]),
  fingerprint: z.string().optional(),
})
const plannedSource = z.object({
  known: knownSourceSchema,
  secrets: z.object({ password: plannedSecret.optional(), keyPassphrase: plannedSecret.optional() }),
})
const fileKind = z.enum(['package', 'certificate'])

/** Reads one write, from a plan or a journal. */
export const stepSchema: z.ZodType<Step> = z.discriminatedUnion('kind', [
  z.object({ ...anyStep, kind: z.literal('upload'), fileKind, storage, name: z.string(), local }),
  z.object({ ...anyStep, kind: z.literal('trash'), fileKind, storage, name: z.string() }),
  z.object({
    ...anyStep,
    kind: z.literal('install'),
    logpoint,
    fileName: z.string(),
    location,
    version: z.string().optional(),
    sha256: z.string().optional(),
  }),
  z.object({ ...anyStep, kind: z.literal('uninstall'), logpoint, pluginId: z.string() }),
  z.object({ ...anyStep, kind: z.literal('create'), logpoint, key: z.string(), source: plannedSource }),
  z.object({
    ...anyStep,
    kind: z.literal('edit'),
    logpoint,
    key: z.string(),
    sourceId: z.string(),
    source: plannedSource,
  }),
  z.object({
    ...anyStep,
    kind: z.literal('delete'),
    logpoint,
    key: z.string(),
    sourceId: z.string(),
    discoveryUrl: z.string(),
  }),
])

const trace = z.object({ fingerprint: z.string().optional(), reference: secretReferenceSchema.optional() })
const before: z.ZodType<Before> = z.object({
  ids: z.array(z.string()).optional(),
  source: knownSourceSchema.optional(),
  secrets: z.object({ password: trace.optional(), keyPassphrase: trace.optional() }).optional(),
  fileName: z.string().optional(),
  file: local.optional(),
})
const stamped = { run: z.string(), at: z.string() }
const entrySchema: z.ZodType<JournalEntry> = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('begin'),
    ...stamped,
    command: z.string(),
    fleet: z.string(),
    director: z.string(),
    file: z.string().optional(),
    writes: z.number(),
  }),
  z.object({
    event: z.literal('intent'),
    ...stamped,
    step: z.number(),
    director: z.string(),
    fleet: z.string(),
    target: z.string(),
    write: stepSchema,
    before,
  }),
  z.object({ event: z.literal('order'), ...stamped, step: z.number(), order: z.string() }),
  z.object({
    event: z.literal('result'),
    ...stamped,
    step: z.number(),
    end: z.enum(['done', 'failed', 'unknown', 'not done']),
    sourceId: z.string().optional(),
    error: z.string().optional(),
    settledBy: z.string().optional(),
  }),
  z.object({ event: z.literal('end'), ...stamped, status: z.string() }),
])

function parseEntry(line: string): JournalEntry | undefined {
  try {
    const read = entrySchema.safeParse(JSON.parse(line))
    return read.success ? read.data : undefined
  } catch {
    return undefined
  }
}

/** A line that a crash cut: it begins as ours do and is no JSON. */
function isHalf(line: string): boolean {
  if (!line.startsWith('{')) return false
  try {
    JSON.parse(line)
    return false
  } catch {
    return true
  }
}

function damaged(path: string, line: number): StixTaxiiError {
  return new StixTaxiiError('PROVISION_JOURNAL_DAMAGED', `${path}:${line}: this is no entry of the journal`, {
    kind: 'config',
    hint: 'Put a backup in its place. Without the journal an interrupted write is not known of: look with `stixtaxii plan -f FILE` before you move it away.',
    context: { path, line },
  })
}
