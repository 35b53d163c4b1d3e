import { printable } from '../core/printable.ts'
import { pluginKeys } from './assumptions.ts'
import type { Plugin } from './client.ts'

/** A file name of a listing, as a text or as an object that has one; undefined when it is neither. */
export function readFileName(entry: unknown): string | undefined {
  if (typeof entry === 'string') return entry
  return firstText(entry, ['file_name', 'name'])
}

/** An entry of the Plugins list; undefined when it has no id. A plugin without a name is called by its id. */
export function readPlugin(entry: unknown): Plugin | undefined {
  const id = firstText(entry, pluginKeys.id)
  if (id === undefined) return undefined
  const version = firstText(entry, pluginKeys.version)
  return { id, name: printable(firstText(entry, pluginKeys.name) ?? id), version: version && printable(version) }
}

function firstText(entry: unknown, keys: readonly string[]): string | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined
  const members = entry as Readonly<Record<string, unknown>>
  return keys.map((key) => members[key]).find((value): value is string => typeof value === 'string' && value !== '')
}
