import { Hono } from 'hono'
import type { ServeEnvironment, ServeParts } from '../parts.ts'
import type { ServerFacts } from '../server-facts.ts'

export interface WebParts extends Pick<ServeParts, 'clock' | 'settings' | 'taxii2'> {
  readonly facts: ServerFacts
}

/** The page at `/` for people: what is served, when it was last fetched, and what is known of a value. */
export function webRoutes(_parts: WebParts): Hono<ServeEnvironment> {
  return new Hono<ServeEnvironment>()
}
