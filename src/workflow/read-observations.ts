import type { JsonObject } from '../stix/stix2/fields.ts'
import { isObject } from '../stix/stix2/fields.ts'
import { gatherObservations, type Observations } from '../stix/patterns/observations.ts'
import { StixTaxiiError } from '../core/errors.ts'
import { readStixFile } from './stix-file.ts'

/** What files hold to evaluate patterns on. */
export interface FileObservations extends Observations {
  /** Objects that were damaged, and content blocks, whose content is not read for this. */
  readonly unread: number
}

/** Observables are held until all files are read, since observed data may name those of another file. */
const maxBytes = 512 * 1024 * 1024

/**
 * Reads the observed data of files, with their observables.
 * @throws WORKFLOW_FILE_* of `readStixFile`; WORKFLOW_OBSERVATIONS_LARGE and STIX_OBSERVATIONS_MANY (refused)
 */
export async function readObservations(files: readonly string[], signal?: AbortSignal): Promise<FileObservations> {
  const objects: JsonObject[] = []
  let bytes = 0
  let unread = 0
  for (const file of files) {
    for await (const { items, damaged } of readStixFile(file, signal)) {
      unread += damaged.length
      for (const item of items) {
        if (item.kind === 'block') unread++
        else if (mayBeObserved(item.type)) {
          bytes += item.raw.length
          const object: unknown = JSON.parse(item.raw.toString('utf8'))
          if (isObject(object)) objects.push(object)
        }
        if (bytes > maxBytes) throw tooLarge(file)
      }
    }
  }
  return { ...gatherObservations(objects), unread }
}

/** Domain objects other than observed data are nothing that a pattern is about; observables may be custom ones. */
function mayBeObserved(type: string): boolean {
  return !/^(?:indicator|relationship|sighting|identity|malware|report|marking-definition|attack-pattern)$/.test(type)
}

function tooLarge(file: string): StixTaxiiError {
  return new StixTaxiiError(
    'WORKFLOW_OBSERVATIONS_LARGE',
    `The observations are larger than ${maxBytes / 1024 / 1024} MiB, in ${file}`,
    { kind: 'refused', hint: 'Give the files in several runs.', context: { file } },
  )
}
