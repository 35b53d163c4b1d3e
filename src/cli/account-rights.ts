import { everyCollection, rightsIn, withRights, type RightsTarget } from '../serve/auth/account-rights.ts'
import type { Account, Permissions } from '../serve/authentication.ts'
import type { Catalogue } from '../serve/persistence/catalogue.ts'
import type { ServedCollection } from '../serve/persistence/served-collection.ts'
import type { Right } from '../serve/auth/account-rights.ts'
import { findServed } from './served-collections.ts'

/** Collections as flags name them, several with commas between. */
export interface RightsFlags {
  readonly read: readonly string[]
  readonly write: readonly string[]
  /** Neither read nor write any more. */
  readonly revoke?: readonly string[] | undefined
}

/**
 * The rights with those of the flags: added to what there is, `revoke` first.
 * @throws SERVE_COLLECTION_UNKNOWN (not-found), CLI_COLLECTION_AMBIGUOUS (usage)
 */
export async function changedRights(
  permissions: Permissions,
  flags: RightsFlags,
  catalogue: Catalogue,
): Promise<Permissions> {
  const served = await catalogue.list()
  const targets = (words: readonly string[] = []): readonly RightsTarget[] =>
    words
      .flatMap((typed) => typed.split(','))
      .map((word) => word.trim())
      .filter(Boolean)
      .map((word) => targetOf(word, served))
  const adding = (to: Permissions, words: readonly string[], right: Right): Permissions =>
    targets(words).reduce((so, target) => withRights(so, target, sorted([...rightsIn(so, target), right])), to)
  const kept = targets(flags.revoke).reduce((so, target) => withRights(so, target, []), permissions)
  return adding(adding(kept, flags.read, 'read'), flags.write, 'write')
}

function sorted(rights: readonly Right[]): readonly Right[] {
  return [...new Set(rights)].sort()
}

/** By id, 1.x name or alias. */
function targetOf(word: string, served: readonly ServedCollection[]): RightsTarget {
  return word === 'all' || word === '*' ? everyCollection : findServed(word, served)
}

/** The collections in which the account has this right, by name; ids of those that are not there any more. */
export function collectionsWith(
  right: Right,
  { permissions }: Account,
  served: readonly ServedCollection[],
): readonly string[] {
  const byId = new Map(served.map((collection) => [collection.id, collection]))
  const byName = new Map(served.map((collection) => [collection.name, collection]))
  const targets = [
    ...Object.keys(permissions.taxii2).map((id) => byId.get(id) ?? { id, name: id }),
    ...Object.keys(permissions.taxii1).map((name) => byName.get(name) ?? { id: name, name }),
  ]
  const names = targets.filter((target) => rightsIn(permissions, target).includes(right)).map(({ name }) => name)
  return [...new Set(names)].map((name) => (name === '*' ? 'all' : name))
}
