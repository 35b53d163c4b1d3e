import type { StatusType } from '../../taxii/v1/status.ts'

/** Details of a status message by name; in 1.0 their values are plain text. */
export type StatusDetails = Readonly<Record<string, readonly string[]>>

export interface RefusalOptions {
  readonly message?: string | undefined
  readonly details?: StatusDetails | undefined
  /** Default 200: TAXII says it. */
  readonly httpStatus?: 413 | 429 | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Why a request is answered with a status message other than SUCCESS. It never leaves this folder. */
export class Refusal extends Error {
  /** A `StatusType`, or what `unauthorized_status` of the configuration says. */
  readonly status: string
  readonly options: RefusalOptions

  constructor(status: StatusType | (string & {}), options: RefusalOptions = {}) {
    super(options.message ?? status)
    this.name = 'Refusal'
    this.status = status
    this.options = options
  }
}

/** What was named does not exist, or not for this account: both look the same (S18). */
export function notFound(item: string): Refusal {
  return new Refusal('NOT_FOUND', { message: 'There is nothing of this name', details: { ITEM: [item] } })
}

export function badMessage(message: string): Refusal {
  return new Refusal('BAD_MESSAGE', { message })
}
