import type { Account, Principal } from './authentication.ts'
import type { Taxii1Collection } from './taxii1-persistence.ts'
import type { Taxii2Collection } from './taxii2-persistence.ts'

/** What somebody may do in one collection. Both are false for credentials that are wrong. */
export interface Rights {
  readonly canRead: boolean
  readonly canWrite: boolean
}

const none: Rights = { canRead: false, canWrite: false }

/** Whether somebody is let in at all where nothing says who may read: to discovery, API roots, services. */
export function isWelcome(principal: Principal, anonymousReading: boolean): boolean {
  if (principal.kind === 'anonymous') return anonymousReading && principal.isBarred !== true
  return principal.kind === 'account'
}

/** @see OpenTAXII's account permissions: names and ids, `*` for all. */
export function rights2(principal: Principal, collection: Taxii2Collection, anonymousReading: boolean): Rights {
  if (principal.kind === 'refused' || principal.kind === 'limited') return none
  const account = accountOf(principal)
  const isOpen = account === undefined && isWelcome(principal, anonymousReading)
  const granted = (right: 'read' | 'write'): boolean =>
    account !== undefined &&
    (account.isAdmin ||
      [collection.id, '*'].some((key) => ownValue(account.permissions.taxii2, key)?.includes(right) === true))
  return {
    canRead: collection.isPublic || isOpen || granted('read'),
    canWrite: collection.isWritable && (collection.isPublicWrite || granted('write')),
  }
}

export function rights1(principal: Principal, collection: Taxii1Collection, anonymousReading: boolean): Rights {
  if (principal.kind === 'refused' || principal.kind === 'limited') return none
  const account = accountOf(principal)
  const given = account && [collection.name, '*'].map((key) => ownValue(account.permissions.taxii1, key))
  const isAdmin = account?.isAdmin === true
  const isOpen = account === undefined && isWelcome(principal, anonymousReading)
  return {
    canRead:
      collection.isPublic ||
      isOpen ||
      isAdmin ||
      given?.some((right) => right === 'read' || right === 'modify') === true,
    canWrite:
      collection.isWritable && (isAdmin || given?.some((right) => right === 'write' || right === 'modify') === true),
  }
}

function accountOf(principal: Principal): Account | undefined {
  return principal.kind === 'account' ? principal.account : undefined
}

/** A permission is for a name somebody chose: `constructor` is nobody's. */
function ownValue<Value>(values: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined
}
