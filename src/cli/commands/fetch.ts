import { z } from 'zod'
import { fetchSources } from '../../fetch/sources.ts'
import { failureOf, nameOfRow } from '../../fetch/outcome.ts'
import type { FetchRequest, FetchResult } from '../../fetch/fetch.ts'
import { checkRequest } from '../../fetch/window.ts'
import type { NoticeSink } from '../../core/notice.ts'
import { fetchProfile } from '../../workflow/fetch-profile.ts'
import { defineCommand } from '../command.ts'
import { openEmitter } from '../emitter.ts'
import { writeFetchResult } from '../fetch-records.ts'
import { showFetching } from '../fetch-progress.ts'
import { parseMatches } from '../parse-matches.ts'
import { wantedSources } from '../wanted-sources.ts'

export const fetch = defineCommand({
  path: 'fetch',
  summary: 'Poll sources into the store, each object once',
  details:
    'Without names every enabled source is fetched. A collection goes on from its checkpoint; the first time it begins ' +
    'as far back as its profile says. --since reads that window again and never moves a checkpoint back.\n\n' +
    'What was stored stays stored when a fetch fails or is stopped; the next one goes on there.',
  examples: [
    'stixtaxii fetch',
    'stixtaxii fetch acme --since 20d',
    'stixtaxii fetch acme --collection indicators --match type=indicator,malware -o json',
    'stixtaxii fetch --emit - | grep ipv4-addr',
  ],
  positional: ['source'],
  input: z.object({
    source: z.array(z.string()).default([]).describe('names of profiles; default: every enabled one'),
    since: z.string().optional().describe('read from there on: 2h, 20d, 1w, 3mo, or a time').meta({ value: 'WHEN' }),
    until: z
      .string()
      .optional()
      .describe('read up to there: a duration back from now, or a time')
      .meta({ value: 'WHEN' }),
    collection: z
      .array(z.string())
      .default([])
      .describe("id, alias or title; default: the profile's")
      .meta({ value: 'C' }),
    match: z
      .array(z.string())
      .default([])
      .describe('only what matches, as type=indicator or id=A,B; never moves the checkpoint')
      .meta({ value: 'FIELD=VALUE' }),
    full: z.boolean().default(false).describe('read everything again and mark what has vanished'),
    limit: z.number().int().positive().optional().describe('stop at the first page border at or after so many objects'),
    emit: z
      .string()
      .optional()
      .describe('write new and changed objects as NDJSON, - for standard output')
      .meta({ value: 'FILE' }),
    parallel: z.number().int().min(1).max(64).default(4).describe('sources fetched at once'),
  }),
  needs: [
    'options',
    'environment',
    'profiles',
    'store',
    'connect',
    'clock',
    'notices',
    'output',
    'errorOutput',
    'progress',
    'signal',
    'workingDirectory',
  ],
  schema: 'fetch',
  async run(input, parts) {
    const { options, clock, notices, signal, connect } = parts
    const request: FetchRequest = {
      since: input.since,
      until: input.until,
      collections: input.collection,
      match: parseMatches(input.match),
      full: input.full,
      limit: input.limit,
      lockTimeoutMs: options.lockTimeoutMs,
    }
    checkRequest(request, clock.now())
    const profiles = await wantedSources(input.source, await parts.profiles(), parts)
    const store = await parts.store()
    const emitter = input.emit === undefined ? undefined : await openEmitter(input.emit, parts)
    const showing = showFetching(parts.progress)
    const dependencies = { store, clock, notices, connect, ...emitter, onProgress: showing.onProgress }
    const rows = await fetchSources(
      profiles.map((profile) => () => fetchProfile(profile, request, dependencies, signal)),
      input.parallel,
    ).finally(() => showing.end())
    // First of all: what was emitted is stored and will not be new again, whatever becomes of the result.
    const unplaced = await emitter?.end().then(
      () => undefined,
      (error: unknown) => error,
    )
    const failure = failureOf(rows) ?? unplaced
    try {
      await writeFetchResult(input.emit === '-' ? parts.errorOutput : parts.output, rows)
    } catch (error) {
      // That nobody reads the result does not make a failed fetch a good one.
      throw failure ?? error
    }
    if (failure === undefined) return
    if (rows.length > 1) tellEach(rows, notices)
    throw failure
  },
})

/** Each failed row as a warning; the error at the end only says how many. Of a stop it says all there is to say. */
function tellEach(rows: readonly FetchResult[], notices: NoticeSink): void {
  for (const row of rows) {
    if (row.error && row.error.kind !== 'cancelled')
      notices({ code: row.error.code, message: `${nameOfRow(row)}: ${row.error.message}` })
  }
}
