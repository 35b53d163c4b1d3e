import { canonicalJson } from '../stix/canonical.ts'
import { timestampKey } from '../core/timestamp.ts'
import type { Item } from '../stix/item.ts'

/** What decides which of two versions of an id is the later one. */
export interface VersionOrder {
  readonly version: string
  /** Microseconds since 1970, or any number that rises with the order of storing. */
  readonly added: number
}

/** Whether `a` is later than `b`: by time where the version is one, else by the order in which they were stored. */
export function isLater(a: VersionOrder, b: VersionOrder): boolean {
  const [left, right] = [timestampKey(a.version) ?? '', timestampKey(b.version) ?? '']
  return left === right ? a.added > b.added : left > right
}

/** The version of an item as the store keys it; a block has one version only, its own digest. */
export function versionOf(item: Item): string {
  return item.kind === 'object' ? item.version : `sha256:${item.id.slice('block--'.length)}`
}

/** Whether two raw objects say the same: equal bytes, or equal canonical JSON. */
export function isSameContent(a: Buffer, b: Buffer): boolean {
  if (a.equals(b)) return true
  const canonical = canonicalJson(a)
  return canonical !== undefined && canonical === canonicalJson(b)
}
