import type { TaxiiVersion } from '../../src/taxii/client.ts'

/** One row of the list of what real servers do: the switch and what a user must get all the same. */
export interface Row {
  /** As in the list; the name of the switch. */
  readonly number: number
  /** What the server does. */
  readonly title: string
  readonly versions: readonly TaxiiVersion[]
  /** It mostly waits for silent servers, so its versions run side by side; default false. */
  readonly waits?: boolean | undefined
  /** Runs our client against a server with the switch on, and throws unless the user gets what must be had. */
  run(version: TaxiiVersion): Promise<void>
}

export const all = ['1.0', '1.1', '2.0', '2.1'] as const
export const one = ['1.0', '1.1'] as const
export const two = ['2.0', '2.1'] as const
