import path from 'node:path'
import { z } from 'zod'
import { failureOf } from '../../fetch/outcome.ts'
import { fetchSources } from '../../fetch/sources.ts'
import type { FetchRequest } from '../../fetch/fetch.ts'
import { commandWords } from '../../workflow/failure-hook.ts'
import { fetchProfile } from '../../workflow/fetch-profile.ts'
import { watchSources } from '../../workflow/watch.ts'
import { defineCommand } from '../command.ts'
import { writeFetchResult } from '../fetch-records.ts'
import { wantedSources } from '../wanted-sources.ts'
import { watchReports } from '../watch-reports.ts'
import { watchDependencies } from '../watch-sources.ts'

export const watch = defineCommand({
  path: 'watch',
  summary: 'Fetch every enabled source at its own interval, until stopped',
  details:
    'Several sources are fetched at a time; one that fails is tried again after a minute, then two, four and so on up to ' +
    'its interval, and leaves the others alone. Profiles that are added, changed or disabled meanwhile count from the next ' +
    'look, at most ten seconds later. SIGTERM ends it cleanly.\n\n' +
    'With -o ndjson each result is a line on standard output.',
  examples: [
    'stixtaxii watch',
    'stixtaxii watch --once -o json',
    'stixtaxii watch --health-file /run/stixtaxii/health.json --on-failure "/usr/local/bin/tell-us --urgent"',
  ],
  positional: ['source'],
  input: z.object({
    source: z.array(z.string()).default([]).describe('names of profiles; default: every enabled one'),
    once: z.boolean().default(false).describe('fetch each once, now, and end'),
    healthFile: z.string().optional().describe('keep a JSON file that says how it stands').meta({ value: 'FILE' }),
    onFailure: z
      .string()
      .optional()
      .describe('run this when a source fails: a program with arguments, no shell; JSON on its standard input')
      .meta({ value: 'COMMAND' }),
    parallel: z.number().int().min(1).max(64).default(4).describe('sources fetched at once'),
  }),
  needs: [
    'options',
    'environment',
    'profiles',
    'store',
    'connect',
    'clock',
    'random',
    'notices',
    'terminal',
    'output',
    'progress',
    'signal',
    'workingDirectory',
  ],
  schema: 'fetch',
  async run(input, parts) {
    const { clock, connect, notices, signal } = parts
    const hook = input.onFailure === undefined ? undefined : commandWords(input.onFailure)
    const healthFile = input.healthFile && path.resolve(parts.workingDirectory, input.healthFile)
    const profileStore = await parts.profiles()
    const wanted = await wantedSources(input.source, profileStore, parts)
    const store = await parts.store()
    const request: FetchRequest = { lockTimeoutMs: parts.options.lockTimeoutMs }
    const dependencies = { store, clock, notices, connect }
    const reports = watchReports(parts, { hook, healthFile, once: input.once })
    if (input.once) {
      const fetches = wanted.map(
        (profile) => () => reports.once(profile, fetchProfile(profile, request, dependencies, signal)),
      )
      const rows = await fetchSources(fetches, input.parallel)
      await reports.onceEnded()
      const failure = failureOf(rows)
      await writeFetchResult(parts.output, rows).catch((error: unknown) => {
        throw failure ?? error
      })
      if (failure) throw failure
      return
    }
    const named = input.source.length > 0 || parts.options.profile !== undefined
    const ids = new Set(wanted.map((profile) => profile.id))
    const watched = watchDependencies(parts, {
      store,
      profileStore,
      isWanted: (profile) => !named || ids.has(profile.id),
      onFetched: reports.onFetched,
      onHealth: reports.onHealth,
    })
    await reports.whileWriting((stop) => watchSources(watched, input.parallel, stop))
  },
})
