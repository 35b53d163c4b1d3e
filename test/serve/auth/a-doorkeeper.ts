import path from 'node:path'
import type { Clock } from '../../../src/core/ports.ts'
import { Secret } from '../../../src/core/secret.ts'
import { openAttemptLimits } from '../../../src/serve/auth/attempt-limits.ts'
import { createDoorkeeper, type Doorkeeper } from '../../../src/serve/auth/doorkeeper.ts'
import { openStoreAuthentication } from '../../../src/serve/auth/store-authentication.ts'
import type { Authentication, Principal } from '../../../src/serve/authentication.ts'
import type { LogFields, ServerLog } from '../../../src/serve/server-log.ts'
import { openMemoryStore } from '../../../src/store/memory/driver.ts'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import type { Store } from '../../../src/store/store.ts'
import { fakeClock } from '../../support/fake-clock.ts'

/** A hash that costs a test nothing. */
export const cheap = { logN: 10, r: 8, p: 1 } as const

export const identity = { pid: 4711, host: 'host.example' }

export function aStore(clock: Clock = fakeClock()): Store {
  return openMemoryStore({ clock, identity })
}

/** A store in a file, opened as each of several processes opens it. */
export async function aKeptStore(folder: string, clock: Clock): Promise<Store> {
  return openSqliteStore(path.join(folder, 'store.db'), { clock, identity })
}

export interface AuditedLog extends ServerLog {
  readonly audited: (LogFields & { readonly event: string })[]
}

function anAuditedLog(): AuditedLog {
  const audited: AuditedLog['audited'] = []
  const quiet = () => undefined
  return {
    audited,
    info: quiet,
    warn: quiet,
    error: quiet,
    audit: (event, fields) => void audited.push({ event, ...fields }),
  }
}

/** Everything between a header and a principal, as one process has it. */
export interface Door {
  readonly store: Store
  readonly clock: Clock
  readonly authentication: Authentication
  readonly doorkeeper: Doorkeeper
  readonly log: AuditedLog
  /** Basic, from an address. */
  knock(username: string, password: string, from?: string): Promise<Principal>
  show(authorization: string | undefined, from?: string): Promise<Principal>
  logIn(username: string, password: string, from?: string): ReturnType<Doorkeeper['logIn']>
}

export function aDoor(
  options: { clock?: Clock; store?: Store; schemes?: { basic: boolean; bearer: boolean }; maxWaiting?: number } = {},
): Door {
  const { clock = fakeClock(), schemes = { basic: true, bearer: true }, maxWaiting } = options
  const store = options.store ?? aStore(clock)
  const authentication = openStoreAuthentication({ store, clock, hashCost: cheap, maxWaiting })
  const log = anAuditedLog()
  const limits = openAttemptLimits({ records: store.records, clock })
  const doorkeeper = createDoorkeeper({ authentication, limits, log, schemes })
  const requestId = '00000000-0000-4000-8000-000000000000'
  const show: Door['show'] = (authorization, clientAddress = '192.0.2.1') =>
    doorkeeper.principalOf({ authorization, clientAddress, requestId })
  return {
    store,
    clock,
    authentication,
    doorkeeper,
    log,
    show,
    knock: (username, password, from) => show(basic(username, password), from),
    logIn: (username, password, clientAddress = '192.0.2.1') =>
      doorkeeper.logIn(username, new Secret(password), { clientAddress, requestId }),
  }
}

export function basic(username: string, password: string, encoding: BufferEncoding = 'utf8'): string {
  return `Basic ${Buffer.from(`${username}:${password}`, encoding).toString('base64')}`
}
