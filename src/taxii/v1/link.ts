import { randomInt } from 'node:crypto'
import type { NoticeSink } from '../../core/notice.ts'
import type { Clock, Http } from '../../core/ports.ts'
import type { TaxiiDependencies, TaxiiSettings } from '../settings.ts'
import { wires } from './wire.ts'
import type { Version1, Wire } from './wire.ts'

/** What every request of one client shares. */
export interface Link {
  readonly http: Http
  readonly clock: Clock
  readonly notices: NoticeSink
  readonly settings: TaxiiSettings
  readonly wire: Wire
  /** A message id that this client has not used: digits, which both 1.0 (a number) and 1.1 (a URI) allow. */
  readonly nextId: () => string
  /** The newest `Date` of the server, as a stamp: what it was before a request is sent, its answer covers at least. */
  serverDate: string | undefined
}

export function makeLink(version: Version1, settings: TaxiiSettings, dependencies: TaxiiDependencies): Link {
  const { http, clock, notices } = dependencies
  let id = randomInt(1, 2 ** 31)
  return { http, clock, notices, settings, wire: wires[version], nextId: () => String(id++), serverDate: undefined }
}
