import { z } from 'zod'
import { failureOfPreflight, preflight, preflightLimit } from '../../workflow/preflight.ts'
import { defineCommand } from '../command.ts'
import { stixVersionRawField } from '../director-fields.ts'
import { definitionFlags, namedDefinition } from '../director-source-argument.ts'

export const directorSourceTest = defineCommand({
  path: 'director source test',
  summary: 'Try whether an enrichment source will work in a Logpoint: fetch with just the fields that the plugin has',
  details:
    'Takes the definition, leaves out what the plugin cannot be told (tokens, headers, OAuth, a choice of collections, a ' +
    'private authority), and really fetches with the rest, from this machine. No Director is asked. When the plugin cannot ' +
    'fetch it, it is said what it lacks and whether this program can.',
  examples: [
    'stixtaxii director source test acme',
    'stixtaxii director source test --url https://taxii.example/taxii2/ --taxii-version 2.1 --username ann --password-file pw.txt -o json',
  ],
  positional: ['source'],
  input: z.object({
    source: z.string().optional().describe('name of a TAXII profile, or a URL').meta({ value: 'SOURCE|URL' }),
    limit: z.number().int().positive().default(preflightLimit).describe('objects that are enough'),
    stixVersionRaw: stixVersionRawField,
    ...definitionFlags,
  }),
  needs: [
    'options',
    'profiles',
    'credentials',
    'workingDirectory',
    'stdin',
    'connect',
    'pluginFetch',
    'signal',
    'progress',
    'terminal',
    'output',
  ],
  schema: 'director-source-test',
  async run({ source, limit, stixVersionRaw, ...flags }, parts) {
    const { signal, progress, output, terminal, connect } = parts
    const { profile } = await namedDefinition(source, flags, parts)
    const credentials = await parts.credentials()
    const dependencies = { ...(await parts.pluginFetch()), credentials, connect, stixVersionRaw }
    const task = progress.start(`Fetching ${profile.url} as the plugin would`)
    const report = await preflight(profile, dependencies, { signal, limit }).finally(() => task.done())
    const isFlat = output.format === 'table' || output.format === 'csv'
    const flat = {
      collections: report.collections.map(({ id, received }) => `${id}: ${received}`),
      lacks: report.lacks.map(({ message }) => message),
      error: report.error?.message ?? null,
    }
    await output.one(isFlat ? { ...report, ...flat } : { ...report }, shape)
    const failure = failureOfPreflight(report)
    if (failure) throw failure
    const count = `${report.objects}${report.atLeast ? ' objects and more' : report.objects === 1 ? ' object' : ' objects'}`
    terminal.note(`It works: ${count} with just the fields that the plugin has.`)
  },
})

const shape = {
  columns: [
    { field: 'source', head: 'Source' },
    { field: 'url', head: 'URL' },
    { field: 'works', head: 'Works' },
    { field: 'version', head: 'TAXII' },
    { field: 'objects', head: 'Objects', align: 'right' },
    { field: 'collections', head: 'Collections' },
    { field: 'lacks', head: 'The plugin lacks', long: 'wrap' },
    { field: 'canBridge', head: 'We can' },
    { field: 'error', head: 'Error', long: 'wrap' },
  ],
  name: 'source',
} as const
