import type { OpenWriter, OutputFormat } from './writer.ts'

/** Every format and where it is; loaded when it is wanted. */
export const outputRegistry: Readonly<Record<OutputFormat, () => Promise<OpenWriter>>> = {
  table: async () => (await import('./table.ts')).openTable,
  json: async () => (await import('./json.ts')).openJson,
  ndjson: async () => (await import('./ndjson.ts')).openNdjson,
  yaml: async () => (await import('./yaml.ts')).openYaml,
  csv: async () => (await import('./csv.ts')).openCsv,
  name: async () => (await import('./name.ts')).openName,
}
