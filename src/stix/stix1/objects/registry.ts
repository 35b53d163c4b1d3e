import { addresses } from './addresses.ts'
import { emails } from './emails.ts'
import { files } from './files.ts'
import { hosts } from './hosts.ts'
import { network } from './network.ts'
import type { FieldReader, ObjectKind } from './object-kind.ts'

/** Every kind of CybOX object that is understood. */
export const objectKinds: readonly ObjectKind[] = [addresses, emails, files, hosts, network]

/** Readers of elements by `word:Local_Name`. */
export const fieldReaders: ReadonlyMap<string, FieldReader> = new Map(
  objectKinds.flatMap(({ fields }) => Object.entries(fields)),
)

/** Readers of whole objects by their kind. */
export const objectReaders: ReadonlyMap<string, FieldReader> = new Map(
  objectKinds.flatMap(({ objects }) => Object.entries(objects ?? {})),
)
