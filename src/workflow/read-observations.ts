import type { JsonObject } from '../stix/stix2/fields.ts'
import { isObject, textsAt } from '../stix/stix2/fields.ts'
import { gatherObservations, type Observations } from '../stix/patterns/observations.ts'
import { StixTaxiiError } from '../core/errors.ts'
import { readStixFile } from './stix-file.ts'

/** What files hold to evaluate patterns on. */
export interface FileObservations extends Observations {
  /** Objects that were damaged. */
  readonly damaged: number
  /** Content blocks of TAXII 1 and STIX 1 files, whose content is not read for this. */
  readonly blocks: number
  /** Other objects, observables among them that no observed data names: a pattern is about observed data. */
  readonly others: number
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
  let damaged = 0
  let blocks = 0
  let others = 0
  for (const file of files) {
    for await (const batch of readStixFile(file, signal)) {
      const { items } = batch
      damaged += batch.damaged.length
      for (const item of items) {
        if (item.kind === 'block') blocks++
        else if (mayBeObserved(item.type)) {
          bytes += item.raw.length
          const object: unknown = JSON.parse(item.raw.toString('utf8'))
          if (isObject(object)) objects.push(object)
        } else others++
        if (bytes > maxBytes) throw tooLarge(file)
      }
    }
  }
  return { ...gatherObservations(objects), damaged, blocks, others: others + unnamedIn(objects) }
}

/** How many are neither observed data nor named by some. */
function unnamedIn(objects: readonly JsonObject[]): number {
  const observed = objects.filter(({ type }) => type === 'observed-data')
  const named = new Set(observed.flatMap((object) => textsAt(object, 'object_refs', 10_000)))
  return objects.filter(({ type, id }) => type !== 'observed-data' && !named.has(String(id))).length
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
