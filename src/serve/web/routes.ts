import { Hono } from 'hono'
import type { Context } from 'hono'
import type { Value } from '../../stix/statement.ts'
import type { KnownValue } from '../../store/known-value.ts'
import { challengesOf } from '../auth/authorization-header.ts'
import type { Principal, TlpLevel } from '../authentication.ts'
import type { Catalogue } from '../persistence/catalogue.ts'
import type { ServedCollection } from '../persistence/served-collection.ts'
import type { ServeEnvironment, ServeParts } from '../parts.ts'
import { isWelcome } from '../rights.ts'
import type { CollectionFacts, ServerFacts } from '../server-facts.ts'
import { page } from './page.ts'
import type { Search } from './page.ts'
import { pagePolicy } from './style.ts'
import { visibleCollections, visibleStatements } from './visible.ts'
import type { KnownMarkings } from './visible.ts'

export interface WebParts extends Pick<ServeParts, 'clock' | 'settings'> {
  readonly facts: ServerFacts
  /** What is served, and which stored collection each is. */
  readonly catalogue: Pick<Catalogue, 'list'>
  /** What is known of what a person wrote; the closest way of a match first. */
  readonly lookUp: (text: string) => Promise<LookedUp | undefined>
  readonly knownMarkings: KnownMarkings
}

/** Like `indicators/look-up.ts`'s answer, which this room does not know. */
export interface LookedUp {
  readonly value?: Value | undefined
  readonly matches: readonly { readonly by: string; readonly known: KnownValue }[]
}

/** Longer than any value that is looked for. */
const longestText = 2000
/** Statements about one value that are shown; a popular one may have thousands. */
const shownStatements = 50

/**
 * The page at `/` for people: what is served, when it was last fetched, and what is known of a value. Read only; shows what
 * the account may read, up to its TLP ceiling.
 */
export function webRoutes(parts: WebParts): Hono<ServeEnvironment> {
  const { settings } = parts
  const app = new Hono<ServeEnvironment>()
  app.get('/', async (c) => {
    const principal = c.get('principal')
    if (principal.kind === 'limited') {
      c.header('Retry-After', String(principal.retryAfterSeconds))
      return c.text('Too many wrong logins: wait before the next one', 429)
    }
    if (!isWelcome(principal, settings.anonymousReading)) {
      for (const challenge of challengesOf(settings.schemes)) c.header('WWW-Authenticate', challenge, { append: true })
      return c.text('Log in with an account of this server', 401)
    }
    const readable = visibleCollections(await parts.catalogue.list(), principal, settings.anonymousReading)
    const facts = new Map((await parts.facts.collections()).map((each) => [keyOf(each), each]))
    const level = ceilingOf(principal)
    const isUncounted = level !== undefined && level !== 'red'
    const text = (c.req.query('value') ?? '').trim().slice(0, longestText)
    const content = {
      title: settings.taxii2.title,
      ...(principal.kind === 'account' && { username: principal.account.username }),
      collections: readable.map((served) => ({ served, facts: facts.get(keyOf(served)), isUncounted })),
      discovery: discoveryOf(c, parts),
      ...(text !== '' && { search: await search(text, readable, { principal, parts }) }),
      now: parts.clock.now(),
    }
    return c.body(page(content), 200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': pagePolicy,
    })
  })
  return app
}

async function search(
  text: string,
  readable: readonly ServedCollection[],
  { principal, parts }: { readonly principal: Principal; readonly parts: WebParts },
): Promise<Search> {
  const answer = await parts.lookUp(text)
  const level = ceilingOf(principal)
  const found = []
  for (const { by, known } of answer?.matches ?? []) {
    const statements = await visibleStatements(known, readable, { level, knownMarkings: parts.knownMarkings })
    if (statements.length === 0) continue
    const [shown, more] = [statements.slice(-shownStatements).reverse(), statements.length - shownStatements]
    found.push({ by, kind: known.kind, value: known.value, statements: shown, more: Math.max(0, more) })
  }
  return { text, ...(answer?.value && { kind: answer.value.kind }), found }
}

function ceilingOf(principal: Principal): TlpLevel | undefined {
  return principal.kind === 'account' ? principal.account.tlpCeiling : undefined
}

function discoveryOf(c: Context<ServeEnvironment>, { settings }: WebParts) {
  const base = c.get('baseUrl')
  const { taxii1, taxii2 } = settings
  const versions = taxii2.isEnabled ? (taxii2.versions ?? ['2.1', '2.0']) : []
  return [
    ...(versions.includes('2.1') ? [{ name: 'TAXII 2.1', url: `${base}/taxii2/` }] : []),
    ...(versions.includes('2.0') ? [{ name: 'TAXII 2.0', url: `${base}/taxii/` }] : []),
    ...(taxii1.isEnabled ? [{ name: 'TAXII 1.x', url: `${base}/services/discovery` }] : []),
  ]
}

function keyOf({ key }: Pick<CollectionFacts, 'key'>): string {
  return JSON.stringify([key.source, key.root, key.collection])
}
