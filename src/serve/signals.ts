import type { Account } from './authentication.ts'
import type {
  ContentBlockEntity,
  InboxMessageEntity,
  SubscriptionEntity,
  Taxii1Collection,
} from './taxii1-persistence.ts'
import type { Job, Taxii2Collection } from './taxii2-persistence.ts'

/** What listeners are told, after it was stored. */
export interface SignalPayloads {
  readonly CONTENT_BLOCK_CREATED: {
    readonly block: ContentBlockEntity
    readonly collections: readonly Taxii1Collection[]
    readonly serviceId?: string | undefined
  }
  readonly INBOX_MESSAGE_CREATED: { readonly message: InboxMessageEntity; readonly account?: Account | undefined }
  readonly SUBSCRIPTION_CREATED: { readonly subscription: SubscriptionEntity; readonly account?: Account | undefined }
  /** What was there already is not among them. */
  readonly OBJECTS_ADDED: {
    readonly collection: Taxii2Collection
    readonly ids: readonly string[]
    readonly account?: Account | undefined
  }
  readonly OBJECT_DELETED: {
    readonly collection: Taxii2Collection
    readonly id: string
    readonly versions: number
    readonly account?: Account | undefined
  }
  readonly JOB_FINISHED: { readonly job: Job; readonly collection: Taxii2Collection }
}

export type Signal = keyof SignalPayloads

export const signalNames: readonly Signal[] = [
  'CONTENT_BLOCK_CREATED',
  'INBOX_MESSAGE_CREATED',
  'SUBSCRIPTION_CREATED',
  'OBJECTS_ADDED',
  'OBJECT_DELETED',
  'JOB_FINISHED',
]

export type Listener<Name extends Signal> = (payload: SignalPayloads[Name]) => unknown

/** Registers a listener; called by a hooks module's `register(on)`. */
export type OnSignal = <Name extends Signal>(signal: Name, listener: Listener<Name>) => void

/**
 * Tells listeners, never inside a request: `emit` returns at once. One that throws, hangs (`timeoutMs`) or is slow harms
 * nobody but itself; what waits for a slow one is bounded, and what is dropped is counted and told.
 */
export interface Signals extends AsyncDisposable {
  emit<Name extends Signal>(signal: Name, payload: SignalPayloads[Name]): void
}
