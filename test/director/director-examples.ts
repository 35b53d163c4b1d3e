import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const folder = path.resolve(import.meta.dirname, '../../../shared/director-examples')

/** Whether the samples of the API guide lie beside the project; tests that need them skip themselves otherwise. */
export const hasExamples = existsSync(folder)

/** One sample as text, as `create-stix2.request.json`. */
export function example(name: string): string {
  return readFileSync(path.join(folder, name), 'utf8')
}
