import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../core/ports.ts'

/** An output stream as a host has it; `isTTY` and `columns` where it is a terminal. */
export interface HostOutput extends Writable {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

export interface HostInput extends Readable {
  readonly isTTY?: boolean | undefined
}

export type StopSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM'

/** The operating system as the porch sees it: the process itself, or a test's stand-in for it. */
export interface Host {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly stdin: HostInput
  readonly stdout: HostOutput
  readonly stderr: HostOutput
  readonly clock: Clock
  readonly workingDirectory: string
  readonly platform: NodeJS.Platform
  /** The user's home folder; throws where there is none. */
  readonly homeDirectory: () => string
  readonly random: () => number
  /** Calls `listener` at each stop signal until the returned function is called. */
  readonly onStop: (listener: (signal: StopSignal) => void) => () => void
  /** Ends the process at once, whatever is still running. */
  readonly exitNow: (status: number) => void
}

/** Exit status of a program ended by this signal: 128 and its number. */
export const exitStatusOfSignal: Readonly<Record<StopSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }
