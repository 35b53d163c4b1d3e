import type { CallName } from './calls.ts'

/**
 * How Director announces an order. The guide writes a leading slash nearly everywhere and none for trashed packages:
 * that is `documented`. `own-host` and `other-host` put an origin before it; `braces` leaves the names in, `dots` climbs.
 */
export type OrderPathForm =
  'documented' | 'leading-slash' | 'no-slash' | 'extra-segment' | 'own-host' | 'other-host' | 'braces' | 'dots'

/** What becomes of an order. The change is made when its call is accepted, except for `failed` and `never`. */
export type OrderBehaviour =
  | { readonly kind: 'done' }
  /** Not done for this many readings. `as`: what such a reading is like; default `no-verdict`. */
  | { readonly kind: 'pending'; readonly times: number; readonly as?: PendingForm | undefined }
  /** With reasons as `errors` of strings, of objects, or as a `message` alone. */
  | { readonly kind: 'failed'; readonly as: 'strings' | 'objects' | 'message'; readonly reason?: string | undefined }
  /** Never done. `made`: the change is there all the same. */
  | { readonly kind: 'never'; readonly made?: boolean | undefined }
  /** Answers 404 this many times before it is done. */
  | { readonly kind: 'not-found-first'; readonly times: number }
  /** Pending, then this many answers with a 500, pending, done. */
  | { readonly kind: 'errors-between'; readonly times: number }
  /** Always the envelope that announced it, which means: still the same order. */
  | { readonly kind: 'envelope' }
  /** Can never be read, although the change was made. */
  | { readonly kind: 'unreadable' }

/** A reading that says nothing yet. */
export type PendingForm = 'no-verdict' | 'empty-object' | 'empty-body' | 'accepted'

/** How lists deviate from what the guide's samples show. */
export interface ListShape {
  /** `True`, `False` and `None`, as in the guide's sample. */
  readonly pythonWords?: boolean | undefined
  readonly trailingCommas?: boolean | undefined
  /** Where the names of a source's two files stand; default `flat`. */
  readonly files?: 'flat' | 'nested' | undefined
  /** Default `clear`, as in the guide's sample. */
  readonly secrets?: 'clear' | 'masked' | 'empty' | undefined
  /** Booleans as text (`true`, `True`) or as `1` and `0`. */
  readonly booleans?: 'text' | 'capital-text' | 'number' | undefined
  readonly numbersAsText?: boolean | undefined
  /** Keys that nobody documented. */
  readonly unknownKeys?: boolean | undefined
  /** The array below a key of an object; `single`: the only entry without its array. */
  readonly wrapped?: 'data' | 'results' | 'message' | 'single' | undefined
}

/** Every way in which the emulated Director can misbehave. All at once and changeable while it runs. */
export interface DirectorFaults {
  /** Only these calls are struck by what concerns a single call. Default: all. */
  readonly calls?: readonly CallName[] | undefined
  /** Only calls for the Logpoints with these identifiers are struck. Default: all. */
  readonly logpoints?: readonly string[] | undefined
  readonly orderPath?: OrderPathForm | undefined
  /** Of orders made from now on. */
  readonly order?: OrderBehaviour | undefined
  /** An order repeats the request, secrets included. */
  readonly orderEchoes?: boolean | undefined
  /** How an order says that it is done: default `boolean`. `status`: no `response`, a word in `status`. */
  readonly orderVerdict?: 'boolean' | 'text' | 'status' | undefined
  readonly lists?: ListShape | undefined
  /** Lists and status show changes only after refresh list. */
  readonly staleLists?: boolean | undefined
  /** A created source is there twice, with two ids. */
  readonly twins?: boolean | undefined
  /** The fetch status: without our plugin, with a failure's reason, or as if there had never been a fetch. */
  readonly status?: 'absent' | 'error' | 'never' | undefined
  /** The token is refused after this many calls. */
  readonly tokenExpiresAfter?: number | undefined
  /** A login page with status 200 instead of JSON. */
  readonly html?: boolean | undefined
  /** This many calls are answered 429. `retryAfter` in seconds. */
  readonly tooMany?: { readonly times: number; readonly retryAfter: number } | undefined
  /** This many calls are answered with a 5xx; `made`: this many writes, after they were carried out. */
  readonly serverError?:
    { readonly status: number; readonly times: number; readonly made?: boolean | undefined } | undefined
  /** Tears the connection of the nth call: before it was carried out, or after that, before its answer. */
  readonly cut?: { readonly call: number; readonly when: 'before' | 'after' } | undefined
  /** Tears the connection once this many bytes of an upload have come. */
  readonly cutUploadAtBytes?: number | undefined
  /** Larger uploads are answered 413. */
  readonly maxUploadBytes?: number | undefined
  /** Sends the private package upload on to its path without the slash, at `origin` (default: here). */
  readonly slashRedirect?: { readonly status: 301 | 308; readonly origin?: string | undefined } | undefined
  /** Logpoints that are configured by their own users: each write for them is refused. `status`: default 400. */
  readonly coManaged?:
    { readonly logpoints: readonly string[] | 'all'; readonly status?: number | undefined } | undefined
  /** Refusals come with status 200 and say so in the envelope only. */
  readonly refusalsAs200?: boolean | undefined
  /** The source list of a Logpoint without the plugin is a 404 instead of empty. */
  readonly listNeedsPlugin?: boolean | undefined
}
