import type { z } from 'zod'
import type { Runtime } from './runtime.ts'

/** What a command's `run` gets of the runtime: only what it named in `needs`. */
export type Needs = readonly (keyof Runtime)[]

/**
 * A command as a value. `input` is a zod object: `positional` names its arguments in order (an array schema takes the
 * rest), every other key is a flag in kebab-case (`pageSize` is `--page-size`), described by `.describe()`.
 */
export interface Command<Input extends z.ZodObject = z.ZodObject, Needed extends Needs = Needs> {
  readonly path: string
  readonly summary: string
  /** Longer help, paragraphs. */
  readonly details?: string | undefined
  readonly examples: readonly string[]
  readonly positional?: readonly string[] | undefined
  readonly input: Input
  readonly needs: Needed
  /** Writes its own format; `-o` is a usage error. */
  readonly ownFormat?: boolean | undefined
  /** Runs until it is stopped (or does with this input), so that SIGTERM is its ordinary end: exit status 0 instead of 143. */
  readonly endsBySigterm?: boolean | ((input: z.infer<Input>) => boolean) | undefined
  /** How long it may take to end after a stop signal before the process is ended hard, in milliseconds. Default 1,500. */
  readonly graceMs?: number | undefined
  /** Only looks at what is stored: a store that is named and does not exist is an error then, and one without anything is told. */
  readonly readsStore?: boolean | undefined
  /** Works with what is in a store and never makes one: a store that is named and does not exist is an error. `readsStore` implies it. */
  readonly makesNoStore?: boolean | undefined
  /** JSON Schema in `schemas/` that describes `-o json`, without `.json`. */
  readonly schema?: string | undefined
  run(input: z.infer<Input>, parts: Pick<Runtime, Needed[number]>): Promise<void>
}

/** Types a command; the way every command module ends. */
export function defineCommand<Input extends z.ZodObject, const Needed extends Needs>(
  command: Command<Input, Needed>,
): Command<Input, Needed> {
  return command
}

/** The registry's row for a command: enough for `--help` without loading the module, or zod with it. */
export interface CommandRow {
  readonly path: string
  readonly summary: string
  /** Not for people: left out of help and completion. */
  readonly hidden?: boolean | undefined
  load(): Promise<Command>
}
