import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

const folder = path.resolve(import.meta.dirname, '../../schemas')

/** A schema of the folder `schemas/` by its name without `.json`, as the JSON it is. */
export function readSchema(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as Record<string, unknown>
}

/** What is wrong with `value` by the schema `name`; empty when nothing is. */
export function schemaProblems(name: string, value: unknown): string[] {
  const result = z.fromJSONSchema(readSchema(name)).safeParse(value)
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}
