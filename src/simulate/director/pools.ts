import type { SimulatedResponse } from '../loopback-server.ts'
import { refusal } from './answers.ts'
import type { Call } from './calls.ts'
import { addPlugin } from './desk.ts'
import type { Fabric, LogpointState, PoolState } from './state.ts'

export interface EmulatedLogpoint {
  readonly id: string
  readonly name?: string | undefined
}

export interface EmulatedPool {
  readonly id: string
  readonly name?: string | undefined
  readonly logpoints: readonly EmulatedLogpoint[]
}

export interface PoolsOptions {
  /** Default: whichever are named are made. */
  readonly pools?: readonly EmulatedPool[] | undefined
  /** Package of a plugin that a new Logpoint has. */
  readonly plugin?: string | undefined
}

/** Plugin that every Logpoint has: ours needs it. */
const prerequisite = 'ThreatIntelligence_6.4.0.pak'

// What every object has is no identifier.
const isIdentifier = (text: string): boolean => /^[A-Za-z0-9_-]{8,64}$/.test(text) && !(text in Object.prototype)

/** Which pools and Logpoints there are. */
export interface Pools {
  /** Why a call's pool or Logpoint is not there. */
  refuse(call: Call): SimulatedResponse | undefined
  /** The call's pool and Logpoint. */
  find(call: Call): { readonly pool?: PoolState | undefined; readonly logpoint?: LogpointState | undefined }
}

/** The pools of a Fabric: those that are fixed, or all that are named. Those fixed are made at once. */
export function createPools(fabric: Fabric, options: PoolsOptions): Pools {
  const makePool = (id: string, name?: string): PoolState =>
    (fabric.pools[id] ??= { name, logpoints: {}, packages: [], certificates: [] })
  const makeLogpoint = (pool: PoolState, id: string, name?: string): LogpointState =>
    (pool.logpoints[id] ??= newLogpoint(name, options.plugin))
  for (const { id, name, logpoints } of options.pools ?? []) {
    const pool = makePool(id, name)
    for (const logpoint of logpoints) makeLogpoint(pool, logpoint.id, logpoint.name)
  }
  const isOpen = options.pools === undefined
  return {
    refuse(call) {
      if (call.call === 'orderRead' || call.pool === undefined) return undefined
      const known = Object.hasOwn(fabric.pools, call.pool) ? fabric.pools[call.pool] : undefined
      if (!known && !(isOpen && isIdentifier(call.pool))) return refusal(404, `There is no pool ${call.pool}.`)
      if (call.logpoint === undefined || (known && Object.hasOwn(known.logpoints, call.logpoint))) return undefined
      if (isOpen && isIdentifier(call.logpoint)) return undefined
      return refusal(404, `There is no Logpoint ${call.logpoint} in this pool.`)
    },
    find(call) {
      if (call.call === 'orderRead' || call.pool === undefined) return {}
      const pool = makePool(call.pool)
      return { pool, logpoint: call.logpoint === undefined ? undefined : makeLogpoint(pool, call.logpoint) }
    },
  }
}

function newLogpoint(name: string | undefined, plugin: string | undefined): LogpointState {
  const made: LogpointState = { name, plugins: [], sources: [], shown: [] }
  addPlugin(made.plugins, prerequisite)
  if (plugin !== undefined) addPlugin(made.plugins, plugin)
  return made
}
