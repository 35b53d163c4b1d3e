import { StixTaxiiError } from '../../core/errors.ts'
import { nearestName } from '../../core/nearest-name.ts'
import { printable } from '../../core/printable.ts'
import { readYaml, type Place, type Way } from '../../core/yaml-document.ts'
import { configurationOf, type ServeConfiguration } from './configuration.ts'
import { environmentSettings, variableOf, type EnvironmentSetting } from './environment.ts'
import { serveConfigurationJsonSchema, serveConfigurationSchema, type ServeConfigurationText } from './schema.ts'

/**
 * Reads the configuration of `serve`: a YAML file, and the environment over it. Every fault names file and line, or the
 * variable; a key that is not known the one that was meant.
 * @throws SERVE_CONFIGURATION_INVALID (config)
 */
export async function readServeConfiguration(
  text: string,
  file: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<ServeConfiguration> {
  const written = await readYaml(text, file, {
    // A file of comments alone says nothing, and that is fine.
    schema: { safeParse: (value) => serveConfigurationSchema.safeParse(value ?? {}) },
    jsonSchema: serveConfigurationJsonSchema,
    fault: invalid,
  })
  checkTokenTtl(written.content, (way, what) => written.errorAt(way, what))
  const content = await withEnvironment(written.content, environmentSettings(environment))
  return configurationOf(content, file)
}

async function withEnvironment(
  content: ServeConfigurationText,
  settings: readonly EnvironmentSetting[],
): Promise<ServeConfigurationText> {
  if (settings.length === 0) return content
  const { parse } = await import('yaml')
  const merged = structuredClone(content) as Record<string, unknown>
  for (const { name, way, text } of settings) {
    if (way.some((key) => reservedKeys.has(String(key)))) throw invalidVariable(name, 'names nothing that can be set')
    put(merged, way, valueOf(name, text, parse))
  }
  const read = serveConfigurationSchema.safeParse(merged)
  if (!read.success) throw faultOf(read.error.issues[0], settings)
  checkTokenTtl(read.data, (way, what) => invalidVariable(variableOf(way), what))
  return read.data
}

const reservedKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype', ''])

/** A value as YAML would have it: numbers, true and false, lists in brackets, everything else is text. */
function valueOf(name: string, text: string, parse: (text: string, options: object) => unknown): unknown {
  try {
    const value = parse(text, { schema: 'core', maxAliasCount: 0 })
    // "Threats: ours" is a title, not a mapping.
    return typeof value === 'object' && !/^\s*[[{]/.test(text) ? text : value
  } catch {
    throw invalidVariable(name, 'is no YAML')
  }
}

function put(content: Record<string, unknown>, way: Way, value: unknown): void {
  const [last, folders] = [String(way.at(-1)), way.slice(0, -1)]
  let at = content
  for (const key of folders) {
    const inner = Object.hasOwn(at, key) ? at[key] : undefined
    const next = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : {}
    at[key] = next
    at = next as Record<string, unknown>
  }
  at[last] = value
}

interface Issue {
  readonly code?: string | undefined
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly keys?: readonly string[] | undefined
}

function faultOf(issue: Issue | undefined, settings: readonly EnvironmentSetting[]): StixTaxiiError {
  const path = (issue?.path ?? []) as Way
  const way = issue?.code === 'unrecognized_keys' ? [...path, issue.keys?.[0] ?? ''] : path
  const shown = variableOf(way)
  const name = settings.find((setting) => shown.startsWith(setting.name) || setting.name.startsWith(shown))?.name
  if (issue?.code !== 'unrecognized_keys') return invalidVariable(name ?? shown, issue?.message ?? 'is wrong')
  const known = allWays(serveConfigurationJsonSchema() as SchemaNode, []).map(variableOf)
  const near = nearestName(name ?? shown, known)
  return invalidVariable(
    name ?? shown,
    'names nothing that can be set',
    near === undefined ? undefined : `Did you mean ${near}?`,
  )
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
}

function allWays({ properties = {} }: SchemaNode, above: Way): Way[] {
  return Object.entries(properties).flatMap(([key, node]) => [[...above, key], ...allWays(node, [...above, key])])
}

function checkTokenTtl({ auth_api: auth }: ServeConfigurationText, fault: (way: Way, what: string) => Error): void {
  if (!auth || auth.class !== undefined) return
  for (const [key, value] of Object.entries(auth.parameters ?? {})) {
    const way = ['auth_api', 'parameters', key]
    if (key !== 'token_ttl_secs') throw fault(way, 'is nothing the built-in authentication knows (token_ttl_secs)')
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1 || value > 31_536_000)
      throw fault(way, 'must be a whole number of seconds from 1 to 31536000')
  }
}

function invalid(file: string, { line, column }: Place, what: string, hint?: string): StixTaxiiError {
  return new StixTaxiiError('SERVE_CONFIGURATION_INVALID', `${file}:${line}:${column}: ${what}`, {
    kind: 'config',
    hint: hint ?? 'Nothing was started. Every key is in docs/serve-configuration.md.',
    context: { file, line, column },
  })
}

function invalidVariable(name: string, what: string, hint?: string): StixTaxiiError {
  const shown = printable(name, { maxLength: 200 })
  return new StixTaxiiError('SERVE_CONFIGURATION_INVALID', `environment variable ${shown} ${what}`, {
    kind: 'config',
    hint: hint ?? 'Nothing was started. Every key is in docs/serve-configuration.md.',
    context: { variable: shown },
  })
}
