import { StixTaxiiError } from '../../core/errors.ts'
import { readYaml, type Place, type YamlFile } from '../../core/yaml-document.ts'
import { serverDataJsonSchema, serverDataSchema, type ServerDataText } from './schema.ts'

/**
 * Reads what a server is to have. Every fault names file and line.
 * @throws SERVE_DATA_INVALID (config)
 */
export async function readServerData(text: string, file: string): Promise<YamlFile<ServerDataText>> {
  const data = await readYaml(text, file, {
    schema: { safeParse: (value) => serverDataSchema.safeParse(value ?? {}) },
    jsonSchema: serverDataJsonSchema,
    fault: invalid,
  })
  checkNames(data)
  return data
}

/** What names a thing of each kind. */
const keys = { api_roots: 'id', collections: 'name', services: 'id', accounts: 'username' } as const

function checkNames({ content, errorAt }: YamlFile<ServerDataText>): void {
  for (const [section, key] of Object.entries(keys) as [keyof typeof keys, string][]) {
    const seen = new Set<unknown>()
    for (const [index, entry] of (content[section] ?? []).entries()) {
      const name = (entry as Readonly<Record<string, unknown>>)[key]
      if (seen.has(name)) throw errorAt([section, index, key], `stands twice: ${String(name)}`)
      seen.add(name)
    }
  }
}

function invalid(file: string, { line, column }: Place, what: string, hint?: string): StixTaxiiError {
  return new StixTaxiiError('SERVE_DATA_INVALID', `${file}:${line}:${column}: ${what}`, {
    kind: 'config',
    hint: hint ?? 'Nothing was changed. Every key is in docs/serve-configuration.md.',
    context: { file, line, column },
  })
}
