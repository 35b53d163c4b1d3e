import { inspect } from 'node:util'

/**
 * A secret from the moment it is read. To everything that prints, joins, copies or encodes it, it is `***`; only the
 * encoder of a request opens it, with `Secret.open`.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The clear text. Call it where the bytes of a request are made and nowhere else. */
  static open(secret: Secret): string {
    return secret.#value
  }

  /** Whether two secrets are the same, without opening them. */
  static same(a: Secret, b: Secret): boolean {
    return a.#value === b.#value
  }

  /** Whether there is nothing in it. */
  get isEmpty(): boolean {
    return this.#value === ''
  }

  toString(): string {
    return '***'
  }

  toJSON(): string {
    return '***'
  }

  [Symbol.toPrimitive](): string {
    return '***'
  }

  [inspect.custom](): string {
    return '***'
  }
}
