/** What one target of the fuzzing campaign is fed: text and bytes are told apart, since bytes may be no UTF-8. */
export type Input = string | Buffer

export type Random = () => number

/** One reader of the product, with what it is fed and what has to be true of what it says. */
export interface FuzzTarget {
  readonly name: string
  /** Its part of a run beside the others': 1 is usual, more where an input is cheap and its reader matters. */
  readonly weight: number
  /** Everything that has to be opened once: servers, index files. */
  readonly open: () => Promise<OpenTarget> | OpenTarget
}

/** A target that is ready. Nothing of it may remember an input: an input has to be judged alike alone. */
export interface OpenTarget {
  /** An input that depends on `random` alone. */
  readonly make: (random: Random) => Input
  /**
   * Gives the input to the product. A `StixTaxiiError` that leaves it is an answer, as is what `isAnswer` knows; a
   * `Broken` is a property that does not hold; anything else that is thrown is a crash.
   */
  readonly judge: (input: Input, random: Random) => void | Promise<void>
  readonly isAnswer?: ((error: unknown) => boolean) | undefined
  /** Errors of the product that may name secrets planted in the input (`secret`): none, unless the target says so. */
  readonly close?: (() => void | Promise<void>) | undefined
}

/** A secret that inputs carry where they carry secrets: no message may have it. */
export const secret = 'kQ7ZpLanted0SecretVw3'

/** A property of a target that does not hold. */
export class Broken extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Broken'
  }
}

/** @throws Broken unless both are the same JSON. */
export function same(seen: unknown, wanted: unknown, what: string): void {
  const [left, right] = [shown(seen), shown(wanted)]
  if (left !== right) throw new Broken(`${what}: ${left.slice(0, 300)} is not ${right.slice(0, 300)}`)
}

/** @throws Broken unless it holds. */
export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Broken(what)
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? 'undefined'
}

/** The bytes of an input. */
export function bytesOf(input: Input): Buffer {
  return typeof input === 'string' ? Buffer.from(input) : input
}

/** The text of an input; what is no UTF-8 is replaced. */
export function textOf(input: Input): string {
  return typeof input === 'string' ? input : input.toString('utf8')
}
