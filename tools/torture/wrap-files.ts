import fs from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { systemError, type Strikes } from './strike.ts'

/** Any function. */
export type Call = (...given: unknown[]) => unknown
type Calls = Record<string, Call>

/** Which kind of fault each call knows; a call that takes a path. */
const byPath: Readonly<Record<string, string>> = {
  access: 'look', appendFile: 'write', chmod: 'change', chown: 'change', copyFile: 'make', cp: 'make', link: 'make',
  lstat: 'look', mkdir: 'make', mkdtemp: 'make', opendir: 'open', readFile: 'read', readdir: 'look', readlink: 'look',
  realpath: 'look', rename: 'change', rm: 'change', rmdir: 'change', stat: 'look', statfs: 'look', symlink: 'make',
  truncate: 'write', unlink: 'change', utimes: 'change', writeFile: 'write',
} // prettier-ignore

/** And one that takes an open file. */
const byHandle: Readonly<Record<string, string>> = {
  appendFile: 'write', chmod: 'change', close: 'close', datasync: 'sync', read: 'read', readFile: 'read',
  readv: 'read', stat: 'look', sync: 'sync', truncate: 'write', utimes: 'change', write: 'write', writeFile: 'write',
  writev: 'write',
} // prettier-ignore

const byDescriptor: Readonly<Record<string, string>> = {
  close: 'close', fchmod: 'change', fdatasync: 'sync', fstat: 'look', fsync: 'sync', ftruncate: 'write', read: 'read',
  readv: 'read', write: 'write', writev: 'write',
} // prettier-ignore

/** Fails calls of node:fs, in all its three forms, that are about files of the user's. */
export function wrapFiles(strikes: Strikes): void {
  const promises = fs.promises as unknown as Calls
  const plainFs = fs as unknown as Calls
  const descriptors = new Map<number, string>()
  let isInside = false
  const strike = (kind: string, name: string, target: string | undefined): string | undefined =>
    target === undefined || isInside ? undefined : strikes.on(kind, `${name} ${target}`)
  const nested = (work: () => unknown): unknown => {
    if (isInside) return work()
    isInside = true
    try {
      return work()
    } finally {
      isInside = false
    }
  }

  for (const [name, kind] of Object.entries(byPath)) {
    wrap(promises, name, (original) => async (...given) => {
      const how = strike(kind, name, strikes.target(given[0]))
      if (how === undefined) return original(...given)
      if (kind === 'write') await writeHalf(original, given, 1)
      throw systemError(how, name, String(given[0]))
    })
    wrap(plainFs, name, (original) => (...given) => {
      const how = strike(kind, name, strikes.target(given[0]))
      if (how === undefined) return original(...given)
      later(given, systemError(how, name, String(given[0])))
    })
    wrap(plainFs, `${name}Sync`, (original) => (...given) => {
      const how = strike(kind, `${name}Sync`, strikes.target(given[0]))
      if (how !== undefined) throw systemError(how, name, String(given[0]))
      return nested(() => original(...given))
    })
  }
  wrap(plainFs, 'existsSync', (original) => (...given) => {
    const how = strike('exists', 'existsSync', strikes.target(given[0]))
    return how === undefined ? original(...given) : false
  })

  const opening = (given: unknown[]): [kind: string, target: string | undefined] => {
    const flags = typeof given[1] === 'string' || typeof given[1] === 'number' ? given[1] : 'r'
    return [flags === 'r' || flags === 0 ? 'open' : 'make', strikes.target(given[0])]
  }
  wrap(plainFs, 'openSync', (original) => (...given) => {
    const [kind, target] = opening(given)
    const how = strike(kind, 'openSync', target)
    if (how !== undefined) throw systemError(how, 'open', String(given[0]))
    const descriptor = original(...given) as number
    remember(descriptor, target)
    return descriptor
  })
  wrap(plainFs, 'open', (original) => (...given) => {
    const [kind, target] = opening(given)
    const how = strike(kind, 'open', target)
    if (how !== undefined) return later(given, systemError(how, 'open', String(given[0])))
    const done = given.at(-1) as Call
    return original(...given.slice(0, -1), (error: unknown, descriptor: number) => {
      if (!error) remember(descriptor, target)
      done(error, descriptor)
    })
  })
  const remember = (descriptor: number, target: string | undefined): void => {
    if (target === undefined) descriptors.delete(descriptor)
    else descriptors.set(descriptor, target)
  }
  for (const [name, kind] of Object.entries(byDescriptor)) {
    wrap(plainFs, name, (original) => (...given) => {
      const how = strike(kind, name, descriptors.get(given[0] as number))
      if (how === undefined) return original(...given)
      if (kind === 'close') return original(given[0], () => later(given, systemError(how, name)))
      later(given, systemError(how, name))
    })
    wrap(plainFs, `${name}Sync`, (original) => (...given) => {
      const how = strike(kind, `${name}Sync`, descriptors.get(given[0] as number))
      if (how === undefined) return nested(() => original(...given))
      if (kind === 'close') original(...given)
      throw systemError(how, name)
    })
  }
  wrapHandles(strike, opening)
}

function wrapHandles(
  strike: (kind: string, name: string, target: string | undefined) => string | undefined,
  opening: (given: unknown[]) => [kind: string, target: string | undefined],
): void {
  const targets = new WeakMap<object, string>()
  const promises = fs.promises as unknown as Calls
  let isWrapped = false
  wrap(promises, 'open', (original) => async (...given) => {
    const [kind, target] = opening(given)
    const how = strike(kind, 'open', target)
    if (how !== undefined) throw systemError(how, 'open', String(given[0]))
    const handle = (await original(...given)) as FileHandle
    if (target !== undefined) targets.set(handle, target)
    if (!isWrapped) wrapPrototype(Object.getPrototypeOf(handle) as Calls)
    isWrapped = true
    return handle
  })
  const wrapPrototype = (prototype: Calls): void => {
    for (const [name, kind] of Object.entries(byHandle)) {
      wrap(
        prototype,
        name,
        (original) =>
          async function (this: object, ...given: unknown[]) {
            const how = strike(kind, `handle.${name}`, targets.get(this))
            const call = (...changed: unknown[]): unknown => original.apply(this, changed)
            if (how === undefined) return call(...given)
            if (kind === 'write' && name !== 'writev') await writeHalf(call, given, 0)
            if (kind === 'close') await call()
            throw systemError(how, name)
          },
      )
    }
  }
}

/** A disk that is full took a part before it said so. */
async function writeHalf(original: Call, given: unknown[], at: number): Promise<void> {
  const data = given[at]
  if (typeof data !== 'string' && !(data instanceof Uint8Array)) return
  if (data.length < 2) return
  const half = typeof data === 'string' ? data.slice(0, data.length >> 1) : data.subarray(0, data.length >> 1)
  await original(...given.slice(0, at), half)
}

function later(given: unknown[], error: Error): void {
  const done = given.at(-1)
  if (typeof done === 'function') process.nextTick(done as Call, error)
}

/** Puts what `make` gives in the place of a function. */
export function wrap<Given extends unknown[]>(
  of: object,
  name: string,
  make: (original: Call) => (...given: Given) => unknown,
): void {
  const calls = of as Calls
  const original = calls[name]
  if (typeof original !== 'function') return
  // What hangs on a function (`realpath.native`) stays on it.
  calls[name] = Object.assign(make(original) as Call, original)
}
