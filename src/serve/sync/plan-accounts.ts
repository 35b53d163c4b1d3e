import type { Secret } from '../../core/secret.ts'
import { everyCollection, withRights, type Right, type RightsTarget } from '../auth/account-rights.ts'
import type { Account, Permissions } from '../authentication.ts'
import type { NamedCollection } from './plan-collections.ts'
import { differences, kept, said, type SyncParts, type SyncStep } from './plan.ts'
import type { AccountText, ServerDataText } from './schema.ts'

const kind = 'account'

interface Surroundings {
  readonly prune: boolean
  /** Those that are there, and those that will be. */
  readonly served: readonly NamedCollection[]
}

export async function planAccounts(
  { accounts: wanted }: ServerDataText,
  parts: SyncParts,
  { prune, served }: Surroundings,
): Promise<readonly SyncStep[]> {
  if (!wanted) return []
  const present = await parts.authentication.getAccounts()
  const steps: SyncStep[] = []
  for (const [index, text] of wanted.entries()) {
    const found = present.find(({ username }) => username === text.username.normalize('NFC'))
    const password = text.password_file === undefined ? undefined : await parts.readPassword(text.password_file)
    const permissions = permissionsOf(text, index, { ...parts, served, before: found?.permissions })
    if (found) steps.push(await stepForPresent(text, { ...parts, found, password, permissions }))
    else steps.push(stepForNew(text, index, { ...parts, password, permissions }))
  }
  const names = new Set(wanted.map(({ username }) => username.normalize('NFC')))
  const unwanted = prune ? present.filter(({ username }) => !names.has(username)) : []
  const deleted = unwanted.map(({ username }): SyncStep => ({
    kind,
    name: username,
    action: 'delete',
    fields: [],
    run: () => parts.authentication.deleteAccount(username),
  }))
  return [...steps, ...deleted]
}

interface Given extends SyncParts {
  readonly password: Secret | undefined
  /** Undefined: the file says nothing of rights. */
  readonly permissions: Permissions | undefined
}

function stepForNew(text: AccountText, index: number, { authentication, errorAt, ...given }: Given): SyncStep {
  const { username } = text
  const { password, permissions } = given
  if (!password) throw errorAt(['accounts', index], `: "${username}" is a new account and needs a password_file`)
  const more = { ...fieldsOf(text), ...(permissions && { permissions }) }
  const run = () => authentication.createAccount(username, password, more)
  return { kind, name: username, action: 'create', fields: [], run }
}

async function stepForPresent(text: AccountText, given: Given & { readonly found: Account }): Promise<SyncStep> {
  const { found, password, permissions, authentication } = given
  const { username } = found
  const isChanged = password !== undefined && (await authentication.verify(username, password)) === undefined
  // A blocked account stands no test of its password: it is set again when it is let in again.
  const setsPassword = isChanged && !(found.isBlocked === true && text.blocked !== false)
  const fields = [
    ...differences(text, textOf(found)),
    ...(permissions && !isSame(permissions, found.permissions) ? ['rights'] : []),
    ...(setsPassword ? ['password'] : []),
  ]
  if (fields.length === 0) return kept(kind, username)
  const { tlpCeiling, ...others } = fieldsOf(text)
  const { tlpCeiling: before, ...rest } = found
  const ceiling = text.tlp === undefined ? before : tlpCeiling
  const changed = { ...rest, ...others, ...(permissions && { permissions }), ...(ceiling && { tlpCeiling: ceiling }) }
  const run = () => authentication.updateAccount(changed, setsPassword ? password : undefined)
  return { kind, name: username, action: 'change', fields, run }
}

function permissionsOf(
  { read, write }: AccountText,
  index: number,
  {
    served,
    errorAt,
    before,
  }: Pick<SyncParts, 'errorAt'> & {
    readonly served: readonly NamedCollection[]
    readonly before: Permissions | undefined
  },
): Permissions | undefined {
  if (read === undefined && write === undefined) return before
  const rights = new Map<string, { readonly target: RightsTarget; readonly rights: Set<Right> }>()
  for (const [right, words] of [
    ['read', read ?? []],
    ['write', write ?? []],
  ] as const) {
    for (const [at, word] of words.entries()) {
      const target = targetOf(word, served)
      if (!target) throw errorAt(['accounts', index, right, at], `: no collection "${word}" is served`)
      const given = rights.get(target.id) ?? { target, rights: new Set<Right>() }
      given.rights.add(right)
      rights.set(target.id, given)
    }
  }
  let permissions: Permissions = { taxii1: {}, taxii2: {} }
  for (const { target, rights: given } of rights.values())
    permissions = withRights(permissions, target, [...given].sort())
  return permissions
}

function targetOf(word: string, served: readonly NamedCollection[]): RightsTarget | undefined {
  if (word === 'all' || word === '*') return everyCollection
  return served.find(({ id, name }) => id === word || name === word) ?? served.find(({ alias }) => alias === word)
}

function fieldsOf(text: AccountText) {
  return said({
    isAdmin: text.admin,
    isBlocked: text.blocked,
    tlpCeiling: text.tlp === 'none' ? undefined : text.tlp,
    details: text.details,
  })
}

function textOf({ isAdmin, isBlocked = false, tlpCeiling, details }: Account): Readonly<Record<string, unknown>> {
  return { admin: isAdmin, blocked: isBlocked, tlp: tlpCeiling ?? 'none', details }
}

function isSame(a: Permissions, b: Permissions): boolean {
  return JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b))
}

function inOrder({ taxii1, taxii2 }: Permissions): unknown {
  const sorted = (rights: Readonly<Record<string, unknown>>) =>
    Object.entries(rights)
      .map(([key, value]) => [key, Array.isArray(value) ? value.toSorted() : value])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
  return [sorted(taxii1), sorted(taxii2)]
}
