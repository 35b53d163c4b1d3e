import { StixTaxiiError } from '../../core/errors.ts'
import { nearestName } from '../../core/nearest-name.ts'
import { directorCalls } from './calls.ts'
import type { DirectorFaults } from './faults.ts'
import type { EmulatedPool } from './pools.ts'

interface NamedFault {
  readonly name: string
  /** One line; `N` is the number behind the name. */
  readonly summary: string
  /** What `N` is where it is left out; undefined where there is no `N`. */
  readonly count?: number | undefined
  make(count: number): DirectorFaults
}

/** Every fault by the name that `director emulate --fault` knows it by. */
export const namedFaults: readonly NamedFault[] = [
  plain('order-path-no-slash', 'Orders are announced without a leading slash', { orderPath: 'no-slash' }),
  plain('order-path-extra-segment', 'Orders are announced with a data node behind their id', {
    orderPath: 'extra-segment',
  }),
  plain('order-path-own-host', 'Orders are announced with the whole address', { orderPath: 'own-host' }),
  plain('order-path-other-host', 'Orders are announced with the address of another host', { orderPath: 'other-host' }),
  plain('order-path-braces', 'Orders are announced with names in braces in the place of identifiers', {
    orderPath: 'braces',
  }),
  plain('order-path-dots', 'Orders are announced with .. in their path', { orderPath: 'dots' }),
  counted('order-pending', 3, 'Orders are done after N readings', (times) => ({ order: { kind: 'pending', times } })),
  counted('order-pending-empty', 3, 'Orders are done after N readings, with an empty body until then', (times) => ({
    order: { kind: 'pending', times, as: 'empty-body' },
  })),
  counted('order-pending-202', 3, 'Orders are done after N readings, with status 202 until then', (times) => ({
    order: { kind: 'pending', times, as: 'accepted' },
  })),
  plain('order-failed', 'Orders fail, with reasons as strings', { order: { kind: 'failed', as: 'strings' } }),
  plain('order-failed-objects', 'Orders fail, with reasons as objects', { order: { kind: 'failed', as: 'objects' } }),
  plain('order-failed-message', 'Orders fail, with a message alone', { order: { kind: 'failed', as: 'message' } }),
  plain('order-never', 'Orders are never done', { order: { kind: 'never' } }),
  counted('order-404-first', 2, 'Orders are not found N times before they are done', (times) => ({
    order: { kind: 'not-found-first', times },
  })),
  counted('order-500-between', 1, 'Reading an order fails N times in between', (times) => ({
    order: { kind: 'errors-between', times },
  })),
  plain('order-envelope', 'Orders answer for ever with the envelope that announced them', {
    order: { kind: 'envelope' },
  }),
  plain('order-unreadable', 'Orders cannot be read, although the change was made', { order: { kind: 'unreadable' } }),
  plain('order-echo', 'Orders repeat what was sent, secrets too', { orderEchoes: true }),
  plain('order-status-word', 'Orders are done by a word in "status"', { orderVerdict: 'status' }),
  plain('order-text-verdict', 'Orders are done by the text "true"', { orderVerdict: 'text' }),
  plain('list-python', 'Lists have True, False and None', { lists: { pythonWords: true } }),
  plain('list-trailing-commas', 'Lists have trailing commas', { lists: { trailingCommas: true } }),
  plain('list-nested-files', 'The source list nests the names of the files', { lists: { files: 'nested' } }),
  plain('list-masked-secrets', 'The source list masks its secrets', { lists: { secrets: 'masked' } }),
  plain('list-empty-secrets', 'The source list leaves its secrets empty', { lists: { secrets: 'empty' } }),
  plain('list-text-booleans', 'Lists have "True" and "False" as text', { lists: { booleans: 'capital-text' } }),
  plain('list-text-numbers', 'Lists have numbers as text', { lists: { numbersAsText: true } }),
  plain('list-unknown-keys', 'The source list has keys that nobody documented', { lists: { unknownKeys: true } }),
  plain('list-wrapped', 'Lists are below "data" of an object', { lists: { wrapped: 'data' } }),
  plain('list-needs-plugin', 'The source list is not found without the plugin', { listNeedsPlugin: true }),
  plain('list-stale', 'Lists and status show changes only after refresh list', { staleLists: true }),
  plain('twin-sources', 'A created source is there twice', { twins: true }),
  plain('status-absent', 'The fetch status is without the plugin', { status: 'absent' }),
  plain('status-error', 'The fetch status is an error with its reason', { status: 'error' }),
  plain('status-never', 'The fetch status has zero times', { status: 'never' }),
  counted('token-expires', 5, 'The token expires after N calls', (tokenExpiresAfter) => ({ tokenExpiresAfter })),
  plain('html', 'A login page instead of JSON', { html: true }),
  counted('too-many', 2, 'N calls are answered 429 with Retry-After: 1', (times) => ({
    tooMany: { times, retryAfter: 1 },
  })),
  counted('server-error', 2, 'N calls are answered 500', (times) => ({ serverError: { status: 500, times } })),
  counted('server-error-after', 1, 'N writes are carried out, then answered 500', (times) => ({
    serverError: { status: 500, times, made: true },
  })),
  counted('cut-before', 1, 'The connection of call N is torn before anything happened', (call) => ({
    cut: { call, when: 'before' },
  })),
  counted('cut-after', 1, 'The connection of call N is torn after it was carried out, before its answer', (call) => ({
    cut: { call, when: 'after' },
  })),
  counted('cut-upload', 65_536, 'Uploads are torn after N bytes', (cutUploadAtBytes) => ({ cutUploadAtBytes })),
  counted('upload-limit', 1_048_576, 'Uploads over N bytes are refused', (maxUploadBytes) => ({ maxUploadBytes })),
  plain('slash-redirect', 'The private package upload is sent on to its path without the slash', {
    slashRedirect: { status: 308 },
  }),
  plain('co-managed', 'Every Logpoint refuses writes: its own users configure it', {
    coManaged: { logpoints: 'all' },
  }),
  plain('refusals-200', 'Refusals come with status 200', { refusalsAs200: true }),
]

function plain(name: string, summary: string, faults: DirectorFaults): NamedFault {
  return { name, summary, make: () => faults }
}

function counted(name: string, count: number, summary: string, make: NamedFault['make']): NamedFault {
  return { name, count, summary, make }
}

/**
 * The faults of several `NAME`, `NAME=N` or `NAME@WHERE`, as sets for the emulator. `WHERE` is a call (`sourceCreate`), or
 * a Logpoint by `pool/name` or identifier. Those that strike everywhere are joined: of two that contradict each other the
 * later counts, and what they do to lists adds up.
 * @throws SIMULATE_FAULT_UNKNOWN (usage) with the nearest name
 */
export function parseFaults(texts: readonly string[], pools: readonly EmulatedPool[] = []): DirectorFaults[] {
  const parsed = texts.map((text) => parseFault(text, pools))
  const everywhere = parsed
    .filter(({ calls, logpoints }) => !calls && !logpoints)
    .reduce<DirectorFaults>((all, each) => {
      const lists = each.lists || all.lists ? { ...all.lists, ...each.lists } : undefined
      return { ...all, ...each, ...(lists && { lists }) }
    }, {})
  return [everywhere, ...parsed.filter(({ calls, logpoints }) => calls ?? logpoints)]
}

function parseFault(text: string, pools: readonly EmulatedPool[]): DirectorFaults {
  const [, name = '', number, where] = /^([^=@]*)(?:=([^@]*))?(?:@(.*))?$/s.exec(text) ?? []
  const fault = namedFaults.find((each) => each.name === name)
  if (!fault) {
    const nearest = nearestName(
      name,
      namedFaults.map((each) => each.name),
    )
    const meant = nearest === undefined ? '' : `Did you mean ${nearest}? `
    throw unknown(text, `${meant}All of them are listed by: stixtaxii director emulate --list-faults`)
  }
  if (number !== undefined && fault.count === undefined) throw unknown(text, `${name} takes no number: --fault ${name}`)
  if (number !== undefined && !/^\d{1,12}$/.test(number))
    throw unknown(text, `Write a whole number: --fault ${name}=${fault.count}`)
  const faults = fault.make(Number(number ?? fault.count ?? 0))
  return where === undefined ? faults : { ...faults, ...scopeOf(text, where, pools) }
}

function scopeOf(
  text: string,
  where: string,
  pools: readonly EmulatedPool[],
): Pick<DirectorFaults, 'calls' | 'logpoints'> {
  const call = directorCalls.find((each) => each.call === where)
  if (call) return { calls: [call.call] }
  const named = pools.flatMap((pool) =>
    pool.logpoints.filter(({ name }) => name !== undefined && `${pool.name}/${name}` === where),
  )
  if (named[0]) return { logpoints: [named[0].id] }
  if (/^[A-Za-z0-9_-]{8,64}$/.test(where) && /\d/.test(where)) return { logpoints: [where] }
  const calls = [...new Set(directorCalls.map((each) => each.call))].join(', ')
  throw unknown(text, `Behind @ write POOL/NAME of a --logpoint, an identifier, or one of the calls: ${calls}`)
}

function unknown(text: string, hint: string): StixTaxiiError {
  return new StixTaxiiError('SIMULATE_FAULT_UNKNOWN', `--fault "${text}" is not known`, {
    kind: 'usage',
    hint,
    context: { fault: text },
  })
}
