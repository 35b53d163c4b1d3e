import childProcess from 'node:child_process'
import crypto from 'node:crypto'
import { EventEmitter } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { plain, systemError, type Strikes } from './strike.ts'
import { wrap, type Call } from './wrap-files.ts'

/** Before they are wrapped. */
const [exists, read, write] = [existsSync, readFileSync, writeFileSync]

/** Fails programs that are started: they cannot be, end badly, or are killed. */
export function wrapPrograms(strikes: Strikes): void {
  wrap(childProcess, 'spawn', (original) => (...given) => {
    const how = strikes.on('spawn', plain(String(given[0])))
    if (how === undefined) return original(...given)
    const options = given.at(-1)
    if (how === 'ends with 3') return original('sh', ['-c', 'exit 3'], options)
    if (how === 'is killed') return original('sh', ['-c', 'kill -9 $$'], options)
    const error = systemError(how, `spawn ${String(given[0])}`)
    if (how === 'EMFILE') return withoutStreams(error)
    const child = original('/nonexistent/program', [], options) as EventEmitter
    const emit = child.emit.bind(child) as Call
    child.emit = (name: string, ...more: unknown[]) => emit(name, ...(name === 'error' ? [error] : more)) as boolean
    return child
  })
}

/** Out of descriptors, Node gives a child without its streams. */
function withoutStreams(error: Error): EventEmitter {
  const child = Object.assign(new EventEmitter(), { kill: () => false, exitCode: null, signalCode: null })
  process.nextTick(() => child.emit('error', error))
  return child
}

/** Fails the system's random numbers. */
export function wrapRandom(strikes: Strikes): void {
  for (const name of ['randomBytes', 'randomUUID', 'randomFillSync', 'randomInt'])
    wrap(crypto, name, (original) => (...given) => {
      const how = strikes.on('random', name)
      if (how === undefined) return original(...given)
      throw Object.assign(new Error('error:12000066:random number generator::entropy source failure'), {
        code: 'ERR_OSSL_RAND_ENTROPY_SOURCE_FAILURE',
      })
    })
}

const decadeMs = 10 * 365 * 86_400_000

/** Sets the clock back or ahead at one reading of it, for the rest of the run. What measures time goes on steadily. */
export function wrapClock(strikes: Strikes): void {
  const RealDate = Date
  let shiftMs = 0
  const now = (): number => {
    const how = strikes.on('clock', 'now')
    if (how !== undefined) shiftMs = how === 'back' ? -decadeMs : 7 * decadeMs
    return RealDate.now() + shiftMs
  }
  globalThis.Date = new Proxy(RealDate, {
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
    construct: (target, given, made) =>
      Reflect.construct(
        target,
        given.length === 0 ? [now()] : given,
        made === globalThis.Date ? target : made,
      ) as object,
  })
}

const keyringWords: Readonly<Record<string, string>> = {
  locked: 'Platform secure storage failure: the collection is locked',
  denied: 'Platform secure storage failure: access denied',
  'no dbus': 'Platform secure storage failure: DBus error: cannot connect to the session bus',
}

/** Puts a keyring that is a file in the place of the system's, and fails its calls. */
export function standInKeyring(strikes: Strikes, file: string, program: string): void {
  const require = createRequire(program)
  const load = (): Record<string, string> =>
    exists(file) ? (JSON.parse(read(file, 'utf8')) as Record<string, string>) : {}
  const asked = <T>(what: string, work: (kept: Record<string, string>) => T): Promise<T> => {
    const how = strikes.on('keyring', what)
    if (how !== undefined) return Promise.reject(new Error(keyringWords[how]))
    const kept = load()
    const result = work(kept)
    write(file, JSON.stringify(kept))
    return Promise.resolve(result)
  }
  class AsyncEntry {
    readonly #key: string
    constructor(_service: string, key: string) {
      this.#key = key
    }
    getPassword(): Promise<string | undefined> {
      return asked('getPassword', (kept) => kept[this.#key])
    }
    setPassword(value: string): Promise<void> {
      return asked('setPassword', (kept) => void (kept[this.#key] = value))
    }
    deleteCredential(): Promise<boolean> {
      return asked('deleteCredential', (kept) => Reflect.deleteProperty(kept, this.#key))
    }
  }
  const findCredentialsAsync = (): Promise<unknown> =>
    asked('findCredentials', (kept) => Object.entries(kept).map(([account, password]) => ({ account, password })))
  Object.assign(require('@napi-rs/keyring') as object, { AsyncEntry, findCredentialsAsync })
}
