import { Hono } from 'hono'
import type { Catalogue } from '../persistence/catalogue.ts'
import type { ServeEnvironment, ServeParts } from '../parts.ts'
import type { ServerFacts } from '../server-facts.ts'
import type { KnownValue } from '../../store/known-value.ts'
import type { Value } from '../../stix/statement.ts'

export interface WebParts extends Pick<ServeParts, 'clock' | 'settings'> {
  readonly facts: ServerFacts
  /** What is served, and which stored collection each is. */
  readonly catalogue: Pick<Catalogue, 'list'>
  /** What is known of what a person wrote; the closest way of a match first. */
  readonly lookUp: (text: string) => Promise<LookedUp | undefined>
}

/** Like `indicators/look-up.ts`'s answer, which this room does not know. */
export interface LookedUp {
  readonly value?: Value | undefined
  readonly matches: readonly { readonly by: string; readonly known: KnownValue }[]
}

/** The page at `/` for people: what is served, when it was last fetched, and what is known of a value. */
export function webRoutes(_parts: WebParts): Hono<ServeEnvironment> {
  return new Hono<ServeEnvironment>()
}
