import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { StixTaxiiError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { CredentialStoreName, Credentials, StoredReference, TaxiiProfile } from '../profile/profile.ts'
import { isLoopback } from '../profile/url.ts'
import type { Account, Authentication } from '../serve/authentication.ts'
import { servedId } from '../serve/collection-id.ts'
import type { Catalogue } from '../serve/persistence/catalogue.ts'
import type { ServedCollection } from '../serve/persistence/served-collection.ts'

/**
 * From a feed that the plugin cannot read to a collection of ours that it can: an account that sees that one collection
 * only, and what Director is told to find it.
 */

export const bridgeVersions = ['1.0', '1.1', '2.0', '2.1'] as const
export type BridgeVersion = (typeof bridgeVersions)[number]

/** How a bridge is reached and found, before anything is made. */
export interface Bridge {
  /** Names account and secret: stays the same for one collection, whatever the profile is called. */
  readonly username: string
  readonly password: StoredReference
  readonly discoveryUrl: string
  readonly stixVersion: '1' | '2'
  readonly collectionId: string
  /** In TAXII 1.x. */
  readonly collectionName: string
}

export interface BridgeRequest {
  /** As the Logpoint reaches us. */
  readonly publicUrl: URL
  readonly version: BridgeVersion
  readonly credentialStore: CredentialStoreName
}

const discoveryPaths: Readonly<Record<BridgeVersion, string>> = {
  '1.0': 'services/discovery',
  '1.1': 'services/discovery',
  '2.0': 'taxii/',
  '2.1': 'taxii2/',
}

export function bridgeOf(
  { id: collectionId, name: collectionName }: ServedCollection,
  { publicUrl, version, credentialStore }: BridgeRequest,
): Bridge {
  const username = `bridge-${collectionId.slice(0, 8)}`
  const base = publicUrl.href.endsWith('/') ? publicUrl.href : `${publicUrl.href}/`
  return {
    username,
    password: { from: credentialStore, entry: `${username}/password` },
    discoveryUrl: new URL(discoveryPaths[version], base).href,
    stixVersion: version.startsWith('1') ? '1' : '2',
    collectionId,
    collectionName,
  }
}

/**
 * The collection that is bridged: what was fetched of the profile's one that is wanted, or of its only one.
 * @throws WORKFLOW_BRIDGE_EMPTY, WORKFLOW_BRIDGE_COLLECTION (not-found), WORKFLOW_BRIDGE_AMBIGUOUS (usage)
 */
export async function bridgedCollection(
  catalogue: Pick<Catalogue, 'list'>,
  profile: TaxiiProfile,
  wanted: string | undefined,
): Promise<ServedCollection> {
  const served = await catalogue.list()
  // Not the views that were made of it: those may go.
  const own = served.filter(({ id, key }) => key.source === profile.id && id === servedId(key))
  const names = own.map(({ key }) => key.collection).join(', ')
  if (own.length === 0) {
    throw new StixTaxiiError('WORKFLOW_BRIDGE_EMPTY', `Nothing of "${profile.name}" is stored yet`, {
      kind: 'not-found',
      hint: `Fetch it first: stixtaxii fetch ${profile.name}`,
      context: { source: profile.name },
    })
  }
  const isWanted = ({ id, key, title, alias }: ServedCollection): boolean =>
    wanted === undefined || [id, key.collection, title, alias].includes(wanted)
  const [found, another] = own.filter(isWanted)
  if (found && !another) return found
  if (!found) {
    throw new StixTaxiiError('WORKFLOW_BRIDGE_COLLECTION', `"${profile.name}" has no stored collection "${wanted}"`, {
      kind: 'not-found',
      hint: `Stored are: ${names}`,
      context: { source: profile.name, collection: wanted },
    })
  }
  throw new StixTaxiiError('WORKFLOW_BRIDGE_AMBIGUOUS', `"${profile.name}" has several stored collections`, {
    kind: 'usage',
    hint: `The plugin takes every collection it sees, so a bridge has one. Name it with --collection: ${names}`,
    context: { source: profile.name, collections: own.map(({ key }) => key.collection) },
  })
}

/**
 * What the plugin is to speak to us: what was said, else 1.1 for STIX 1 content and 2.1 for the rest.
 * @throws WORKFLOW_BRIDGE_STIX1 (usage) where a TAXII 2 client would get nothing
 */
export async function bridgeVersionOf(
  catalogue: Pick<Catalogue, 'stored'>,
  { key, name }: ServedCollection,
  said: BridgeVersion | undefined,
): Promise<BridgeVersion> {
  const stored = (await catalogue.stored()).find((each) => isDeepStrictEqual(each.key, key))
  const isStix1 = stored !== undefined && stored.blocks > 0 && stored.blocks === stored.versions
  if (!isStix1 || said?.startsWith('1')) return said ?? (isStix1 ? '1.1' : '2.1')
  if (said === undefined) return '1.1'
  throw new StixTaxiiError(
    'WORKFLOW_BRIDGE_STIX1',
    `${name} holds STIX 1, which a client of TAXII ${said} does not get`,
    {
      kind: 'usage',
      hint: 'Let the plugin speak TAXII 1 to us: --taxii-version 1.1',
      context: { collection: name, version: said },
    },
  )
}

/**
 * A Logpoint has to reach us, and its plugin to believe us.
 * @throws WORKFLOW_BRIDGE_UNREACHABLE, WORKFLOW_BRIDGE_PLAIN (refused)
 */
export function checkPublicUrl(publicUrl: URL, directorUrl: URL): void {
  if (isLoopback(publicUrl)) {
    if (isLoopback(directorUrl)) return
    throw new StixTaxiiError(
      'WORKFLOW_BRIDGE_UNREACHABLE',
      `${publicUrl.origin} is this machine alone: no Logpoint reaches it`,
      {
        kind: 'refused',
        hint: 'Give the address by which the Logpoint reaches this machine: --public-url https://HOST:PORT/',
        context: { publicUrl: publicUrl.origin },
      },
    )
  }
  if (publicUrl.protocol === 'https:') return
  throw new StixTaxiiError('WORKFLOW_BRIDGE_PLAIN', `${publicUrl.origin} would carry the password in clear text`, {
    kind: 'refused',
    hint: 'Give an https address, with --tls-certificate and --tls-key, or behind a proxy that speaks TLS: --behind-tls',
    context: { publicUrl: publicUrl.origin },
  })
}

/** The password of a bridge: the one that is kept, else a new one that is kept from now on. */
export async function bridgePassword(
  { password }: Pick<Bridge, 'password'>,
  credentials: Pick<Credentials, 'open'>,
): Promise<Secret> {
  const store = await credentials.open(password.from)
  const kept = await store.get(password.entry)
  if (kept) return kept
  const made = new Secret(randomBytes(24).toString('base64url'))
  await store.set(password.entry, made)
  return made
}

/**
 * Makes the account, or gives it back its password and its one collection. Nothing else of the server is visible to it.
 * Returns whether anything had to change.
 * @throws WORKFLOW_BRIDGE_ACCOUNT (conflict) for an account that somebody made otherwise, or blocked
 */
export async function openBridgeAccount(
  bridge: Bridge,
  password: Secret,
  authentication: Authentication,
): Promise<'made' | 'changed' | 'unchanged'> {
  const permissions = {
    taxii1: { [bridge.collectionName]: 'read' },
    taxii2: { [bridge.collectionId]: ['read'] },
  } as const
  const details = { purpose: `bridge of ${bridge.collectionName}` }
  const there = (await authentication.getAccounts()).find(({ username }) => username === bridge.username)
  if (!there) {
    await authentication.createAccount(bridge.username, password, { isAdmin: false, permissions, details })
    return 'made'
  }
  if (there.details?.['purpose'] !== details.purpose || there.isBlocked) throw accountTaken(there)
  const isRight = await authentication.verify(bridge.username, password)
  const isSame = JSON.stringify(there.permissions) === JSON.stringify(permissions)
  if (isRight && isSame && !there.isAdmin) return 'unchanged'
  const changed = { ...there, isAdmin: false, permissions, details }
  await authentication.updateAccount(changed, isRight ? undefined : password)
  return 'changed'
}

function accountTaken({ username, isBlocked }: Account): StixTaxiiError {
  const what = isBlocked ? 'is blocked' : 'was not made for this bridge'
  return new StixTaxiiError('WORKFLOW_BRIDGE_ACCOUNT', `The account ${username} ${what}`, {
    kind: 'conflict',
    hint: isBlocked
      ? `Let it in again: stixtaxii server account edit ${username} --no-blocked`
      : `Look at it, and delete it if nobody uses it: stixtaxii server account delete ${username}`,
    context: { account: username },
  })
}

/**
 * The profile as the plugin is to see it: its own name, rhythm and switch, our address, the bridge's user, and nothing that
 * the plugin has no field for.
 */
export function bridgedProfile(profile: TaxiiProfile, bridge: Bridge): TaxiiProfile {
  return {
    ...profile,
    url: bridge.discoveryUrl,
    version: 'auto',
    stixVersion: bridge.stixVersion,
    preset: undefined,
    apiRoot: undefined,
    collections: [],
    authentication: { scheme: 'basic', username: bridge.username, password: bridge.password },
    useBasic: true,
    headers: [],
    discoveryAuthentication: undefined,
    certificate: undefined,
    tls: {},
    proxy: undefined,
  }
}
