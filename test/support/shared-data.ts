import { existsSync } from 'node:fs'
import path from 'node:path'

const folder = path.resolve(import.meta.dirname, '../../../shared/data')

/** Whether the real feeds lie beside the project; tests that need them skip themselves otherwise. */
export const hasSharedData = existsSync(folder)

/** The absolute path of a real feed, as `stix2/attack-ics.json`. */
export function sharedData(name: string): string {
  const file = path.join(folder, name)
  if (!existsSync(file))
    throw new Error(`the test data ${name} is missing; it belongs into ../shared/data beside the project`)
  return file
}
