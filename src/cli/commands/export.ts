import { z } from 'zod'
import { parseInstant } from '../../core/duration.ts'
import { StixTaxiiError } from '../../core/errors.ts'
import { indicatorFormats } from '../../export/registry.ts'
import { exportFormats, type ExportFormat } from '../../workflow/export-store.ts'
import { defineCommand } from '../command.ts'
import { exportIndicators, exportIndicatorsNeeds } from '../export-indicators.ts'
import { exportItems, exportReadable } from '../export-items.ts'
import { indicatorFields, indicatorNeeds, indicatorRules, type IndicatorFlags } from '../indicator-flags.ts'

const names = [...exportFormats, ...indicatorFormats.map(({ name }) => name)] as const
const defaults = { name: 'stixtaxii', firstSid: 9_400_000 }
const count = z.coerce.number().int().positive().max(10_000_000)

export const exportCommand = defineCommand({
  path: 'export',
  summary: 'Write what the store has: STIX, or its indicators for sensors, firewalls, SIEMs and people',
  details:
    'ndjson and stix have objects with the very bytes that were received, everything unless a filter is given: ndjson ' +
    'every version of every object and content blocks of TAXII 1.x as lines of type content-block, stix the latest ' +
    'version of each object, and blocks of STIX 1 converted to STIX 2.1. --all-versions and --no-all-versions change that. With a filter they have ' +
    'what states an indicator that passes it.\n\n' +
    'The other formats have one line for each indicator that counts: not revoked, not expired, not superseded, an ' +
    'indicator on its own (not a hint, not a bare observable), not on a warning list. Flags change each of that.\n\n' +
    indicatorFormats.map(({ name, summary }) => `${name}: ${summary}`).join('\n\n') +
    '\n\nA file given with --out appears whole or not at all: the old one stays until the new one is on the disk.',
  examples: [
    'stixtaxii export --format ndjson > everything.ndjson',
    'stixtaxii export --format stix --source acme --out acme.json',
    'stixtaxii export --format list --kind domain --min-confidence medium --tlp green --out domains.txt --if-changed',
    'stixtaxii export --format suricata --out /etc/suricata/rules/stixtaxii',
    'stixtaxii export --format logpoint-list --kind ip --push https://logpoint.example --push-list BAD_IPS --push-username ann --push-key-file key.txt',
  ],
  input: z.object({
    format: z.enum(names).describe('what to write').meta({ value: 'F' }),
    out: z
      .string()
      .min(1)
      .optional()
      .describe('file to write, or folder for formats of several files; default, or -: standard output')
      .meta({ value: 'FILE', environment: false }),
    ...indicatorFields,
    type: z.array(z.string()).default([]).describe('ndjson, stix: only objects of these types').meta({ value: 'T' }),
    sinceAdded: z
      .string()
      .optional()
      .describe('ndjson, stix: only what was stored after: 2h, 20d, or a time')
      .meta({ value: 'WHEN' }),
    allVersions: z.boolean().optional().describe('ndjson, stix: every version of an object, or only its latest'),
    skipDamaged: z.boolean().default(false).describe('ndjson, stix: what can still be read of a damaged store'),
    split: count
      .optional()
      .describe('begin another file after so many values: FILE-001, FILE-002, ...')
      .meta({ value: 'N', environment: false }),
    cap: count
      .optional()
      .describe('at most so many: the most severe, then the most certain, then the newest')
      .meta({ value: 'N', environment: false }),
    ifChanged: z.boolean().default(false).describe('leave the file alone when nothing but the time would change'),
    header: z
      .boolean()
      .default(true)
      .describe('leave out the comments with count, time, TLP and sources; in CSV the names of the columns'),
    defang: z.boolean().default(false).describe('csv, list: hxxp and [.], for people'),
    rawCsv: z.boolean().default(false).describe('CSV cells as they are, also those that a spreadsheet would run'),
    name: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,15}$/, 'Use lower-case letters, digits and _, at most 16')
      .default(defaults.name)
      .describe('what sets and datasets are called')
      .meta({ value: 'NAME', environment: false }),
    firstSid: z.coerce
      .number()
      .int()
      .min(1_000_000)
      .max(2_000_000_000)
      .default(defaults.firstSid)
      .describe('suricata: number of the first rule')
      .meta({ value: 'N', environment: false }),
    report: z
      .string()
      .optional()
      .describe('file for count, time, TLP, sources and digests, as JSON')
      .meta({ value: 'FILE', environment: false }),
    push: z
      .string()
      .optional()
      .describe('logpoint-list: import it into this Logpoint')
      .meta({ value: 'URL', environment: false }),
    pushList: z.string().optional().describe('name of the static list').meta({ value: 'NAME', environment: false }),
    pushUsername: z.string().optional().describe('user whose API access key it is').meta({ value: 'NAME' }),
    pushKeyFile: z.string().optional().describe('file whose first line is the API access key').meta({ value: 'FILE' }),
    pushTokenFile: z
      .string()
      .optional()
      .describe('file whose first line is a token made elsewhere')
      .meta({ value: 'FILE' }),
    pushCa: z.string().optional().describe('PEM file of the authority of that Logpoint').meta({ value: 'FILE' }),
    pushPin: z.string().optional().describe('SHA-256 of its certificate').meta({ value: 'HEX' }),
  }),
  needs: [...exportIndicatorsNeeds, ...indicatorNeeds],
  readsStore: true,
  ownFormat: true,
  async run(input, parts) {
    const out = input.out === '-' ? undefined : input.out
    const indicatorFormat = indicatorFormats.find(({ name }) => name === input.format)
    checkFlags(input, indicatorFormat !== undefined)
    const rules = await indicatorRules(input, parts)
    if (!indicatorFormat) {
      const { sinceAdded } = input
      const request = {
        format: input.format as ExportFormat,
        sources: input.source,
        collections: input.collection,
        types: input.type,
        addedAfter: sinceAdded === undefined ? undefined : parseInstant('--since-added', sinceAdded, parts.clock.now()),
        allVersions: input.allVersions ?? input.format === 'ndjson',
        rules: hasFilter(input) ? rules : undefined,
      }
      return input.skipDamaged ? exportReadable(request, out, parts) : exportItems(request, out, parts)
    }
    const { header, defang, rawCsv, name, firstSid } = input
    const options = { header, defang, rawCsv, name, firstSid }
    const { source: sources, collection: collections } = input
    await exportIndicators({ ...input, format: indicatorFormat, options, rules, sources, collections, out }, parts)
  },
})

type Typed = Readonly<Record<string, unknown>> & { readonly format: string }

const forItems = {
  skipDamaged: '--skip-damaged',
  type: '--type',
  sinceAdded: '--since-added',
  allVersions: '--all-versions',
}
const forIndicators = {
  split: '--split',
  cap: '--cap',
  ifChanged: '--if-changed',
  defang: '--defang',
  rawCsv: '--raw-csv',
  report: '--report',
  push: '--push',
}

/** @throws EXPORT_FLAG_UNFIT (usage) for a flag that the format would silently ignore. */
function checkFlags(input: Typed, isIndicatorFormat: boolean): void {
  const misplaced = Object.entries(isIndicatorFormat ? forItems : forIndicators)
    .filter(([key]) => !isUnset(input[key]))
    .map(([, flag]) => flag)
  const forPeople = indicatorFormats.filter((format) => format.forPeople).map(({ name }) => name)
  if (input.defang && isIndicatorFormat && !forPeople.includes(input.format)) misplaced.push('--defang')
  if (isIndicatorFormat) misplaced.push(...flagsOfOthers(input))
  if (misplaced.length === 0) return
  throw new StixTaxiiError('EXPORT_FLAG_UNFIT', `${misplaced.join(', ')} means nothing with --format ${input.format}`, {
    kind: 'usage',
    hint: misplaced.includes('--defang')
      ? `Defanged values are for people: use --format ${forPeople.join(' or ')}.`
      : 'Other formats know it; stixtaxii help export says which.',
    context: { format: input.format, flags: misplaced },
  })
}

const tables = ['csv', 'logpoint-csv', 'splunk']
const withNames = ['nftables', 'ipset', 'suricata', 'zeek', 'misp']
const withoutHeader = ['logpoint-list', 'ecs', 'misp', 'splunk']

function flagsOfOthers({ format, rawCsv, name, firstSid, header }: Typed): string[] {
  return [
    ...(rawCsv === true && !tables.includes(format) ? ['--raw-csv'] : []),
    ...(name !== defaults.name && !withNames.includes(format) ? ['--name'] : []),
    ...(firstSid !== defaults.firstSid && format !== 'suricata' ? ['--first-sid'] : []),
    ...(header === false && withoutHeader.includes(format) ? ['--no-header'] : []),
  ]
}

const isUnset = (value: unknown): boolean =>
  value === undefined || value === false || (Array.isArray(value) && value.length === 0)

/** Whether any flag says which indicators count. Source and collection say only where they are looked for. */
function hasFilter(input: IndicatorFlags): boolean {
  const where = ['source', 'collection']
  const keys = Object.keys(indicatorFields) as readonly (keyof IndicatorFlags)[]
  return keys.some((key) => !where.includes(key) && !isUnset(input[key]))
}
