import { randomBytes } from 'node:crypto'
import type { Clock } from '../core/ports.ts'
import type { Secret } from '../core/secret.ts'
import type { DirectorClient } from '../director/client.ts'
import type { Journal } from './journal.ts'
import type { SecretReference } from './source-record.ts'
import type { HeldState } from './state.ts'

/** What everything that writes works with, while it holds the state's lock. */
export interface EngineParts {
  readonly client: DirectorClient
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly signal?: AbortSignal | undefined
  /** How long an order is waited for. */
  readonly timeoutMs?: number | undefined
  readonly held: HeldState
  readonly journal: Journal
  /** Names this run in the journal. */
  readonly run: string
  /** Turns a reference into its secret; `what` is for messages. */
  readonly resolve: (reference: SecretReference, what: string) => Promise<Secret>
}

/** A name for a run that sorts by time: `20260102-030405-3f9a`. */
export function newRunId(clock: Clock): string {
  const stamp = clock.now().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `${stamp}-${randomBytes(2).toString('hex')}`
}
