import path from 'node:path'
import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { parseAliases, type Fields } from '../../enrich/aliases.ts'
import { logFormats } from '../../enrich/formats/format.ts'
import { defineCommand } from '../command.ts'
import { enrichIndexNeeds, openEnrichIndex } from '../enrich-index.ts'
import { enrichLogNeeds, enrichLogs } from '../enrich-log.ts'
import { indicatorFields } from '../indicator-flags.ts'
import { bytesOf } from '../read-objects.ts'

export const enrich = defineCommand({
  path: 'enrich',
  summary: 'Enrich log lines with the indicators that stand in them',
  details:
    'Reads files or standard input, writes to standard output. Addresses, networks, domains and what lies below them, URLs, ' +
    'e-mail addresses, hashes and everything else the store knows are looked for in every field, or in those that --field ' +
    'or --alias names. Of several indicators the highest severity counts, then the newest, then the first category.\n\n' +
    'With --mode filter (the default) only lines with a hit are written, with all every line; order is kept, and a line ' +
    'without a hit stays as it is, byte for byte. Fields are added as the format has them: et_indicator, et_kind, ' +
    'et_indicator_id, et_name, et_category, et_severity, et_confidence, et_source, et_tlp, et_first_seen, et_last_seen, ' +
    'et_field, et_match, et_hits; those of an earlier run are replaced.\n\n' +
    'The indicators are kept as an index beside the store, built anew when the store has changed.',
  examples: [
    'stixtaxii enrich --field source_address,destination_address --mode all < app.ndjson > enriched.ndjson',
    'tail -F /var/log/fw.log | stixtaxii enrich --format syslog',
    'stixtaxii enrich access.csv --alias columns.yaml --min-confidence medium --tlp amber',
    'stixtaxii enrich --follow /var/log/dns.log --format kv',
  ],
  positional: ['file'],
  input: z.object({
    file: z.array(z.string()).default([]).describe('logs to read; default, or -: standard input'),
    field: z
      .array(z.string())
      .default([])
      .describe('only in these fields, as a,b; of nested JSON as a.b')
      .meta({ value: 'NAME', environment: false }),
    mode: z.enum(['filter', 'all']).default('filter').describe('which lines to write').meta({ value: 'MODE' }),
    format: z
      .enum(logFormats)
      .optional()
      .describe('default: as the first line that says something looks')
      .meta({ value: 'F' }),
    csvHeader: z.boolean().default(true).describe('CSV without a header: columns are named 1, 2, ...'),
    follow: z.boolean().default(false).describe('go on with what is written later, through rotation, until stopped'),
    tail: z.boolean().default(false).describe('with --follow: begin at the end of the files'),
    prefix: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,31}$/, 'It begins with a letter or _, and has letters, digits and _ only')
      .default('et_')
      .describe('what the names of added fields begin with')
      .meta({ value: 'TEXT' }),
    alias: z
      .string()
      .optional()
      .describe('YAML or CSV file that says which field is which column (ip, domain, url, hash, ...)')
      .meta({ value: 'FILE' }),
    maxLine: z
      .number()
      .int()
      .min(1024)
      .max(256 * 1024 * 1024)
      .default(1024 * 1024)
      .describe('bytes; a longer line is not looked at')
      .meta({ value: 'N' }),
    index: z.string().min(1).optional().describe('keep the index in this file').meta({ value: 'FILE' }),
    rebuild: z.boolean().default(false).describe('build the index anew'),
    frozen: z.boolean().default(false).describe('with --index: use it as it is, without a look at the store'),
    ...indicatorFields,
  }),
  needs: [...enrichIndexNeeds, ...enrichLogNeeds],
  makesNoStore: true,
  ownFormat: true,
  endsBySigterm: ({ follow }) => follow,
  async run(input, parts) {
    checkFlags(input)
    const fields = await fieldsOf(input, parts)
    const opened = await openEnrichIndex(input, parts)
    const request = {
      files: input.file.length === 0 ? ['-'] : input.file,
      // Who says that there is no header says that it is CSV.
      format: input.format ?? (input.csvHeader ? undefined : 'csv'),
      csvHeader: input.csvHeader,
      mode: input.mode,
      prefix: input.prefix,
      fields,
      maxLineBytes: input.maxLine,
      follow: input.follow ? { fromEnd: input.tail } : undefined,
    }
    await enrichLogs(request, opened, parts)
  },
})

interface FlagsToCheck {
  readonly frozen: boolean
  readonly index?: string | undefined
  readonly rebuild: boolean
  readonly tail: boolean
  readonly follow: boolean
}

function checkFlags({ frozen, index, rebuild, tail, follow }: FlagsToCheck): void {
  const wrong =
    frozen && index === undefined
      ? '--frozen needs --index FILE'
      : frozen && rebuild
        ? '--frozen and --rebuild exclude each other'
        : tail && !follow
          ? '--tail needs --follow'
          : undefined
  if (wrong === undefined) return
  throw new StixTaxiiError('CLI_ENRICH_FLAGS', wrong, { kind: 'usage', hint: 'See: stixtaxii enrich --help' })
}

/** Fields of --alias, of which --field may choose; those of --field alone take every kind. */
async function fieldsOf(
  { field, alias }: { readonly field: readonly string[]; readonly alias?: string | undefined },
  { stdin, workingDirectory }: { readonly stdin: NodeJS.ReadableStream; readonly workingDirectory: string },
): Promise<Fields | undefined> {
  const names = field.flatMap((typed) => typed.split(',')).map((name) => name.trim())
  if (alias === undefined) return names.length === 0 ? undefined : new Map(names.map((name) => [name, undefined]))
  const file = path.resolve(workingDirectory, alias)
  const aliases = await parseAliases((await bytesOf(file, stdin as never, workingDirectory)).toString('utf8'), alias)
  return names.length === 0 ? aliases : new Map(names.map((name) => [name, aliases.get(name)]))
}
