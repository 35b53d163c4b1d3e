import type { SimulatedResponse } from '../loopback-server.ts'
import { refusal } from './answers.ts'
import type { Call } from './calls.ts'
import { isWrite } from './calls.ts'
import type { DirectorFaults } from './faults.ts'

/** What the faults do to one call. */
export interface Strike {
  /** The faults whose scope the call is in, joined. */
  readonly set: DirectorFaults
  /** What is answered in the place of carrying it out. */
  readonly answer?: SimulatedResponse | undefined
  /** What is answered once it was carried out. */
  readonly answerAfter?: SimulatedResponse | undefined
  readonly cut?: 'before' | 'after' | undefined
}

/** The faults that are set, with what they count. */
export interface FaultBox {
  set(sets: readonly DirectorFaults[]): void
  /** The faults that concern a call; counts nothing. */
  peek(call: Call | undefined): DirectorFaults
  /** The same, and what they do to it: counts the call. */
  strike(call: Call | undefined): Strike
}

export function createFaultBox(first: readonly DirectorFaults[]): FaultBox {
  let counted: Counted[] = first.map((faults) => ({ faults, calls: 0, writes: 0 }))
  const join = (sets: readonly { readonly faults: DirectorFaults }[]): DirectorFaults =>
    Object.assign({}, ...sets.map(({ faults }) => faults)) as DirectorFaults
  return {
    set(sets) {
      counted = sets.map((faults) => ({ faults, calls: 0, writes: 0 }))
    },
    peek: (call) => join(counted.filter(({ faults }) => isStruck(faults, call))),
    strike(call) {
      const struck = counted.filter(({ faults }) => isStruck(faults, call))
      let strike: Strike = { set: join(struck) }
      for (const each of struck) {
        each.calls++
        if (call && isWrite(call.call)) each.writes++
        strike = { ...strike, ...onCall(each, call) }
      }
      return strike
    },
  }
}

function isStruck({ calls, logpoints }: DirectorFaults, call: Call | undefined): boolean {
  if (calls && !(call && calls.includes(call.call))) return false
  return !logpoints || (call?.logpoint !== undefined && logpoints.includes(call.logpoint))
}

interface Counted {
  readonly faults: DirectorFaults
  calls: number
  writes: number
}

/** What one set does to the call that it has just counted. */
function onCall({ faults, calls, writes }: Counted, call: Call | undefined): Partial<Strike> {
  const { cut, tokenExpiresAfter = Infinity, tooMany, serverError } = faults
  if (calls === cut?.call) return { cut: cut.when }
  if (calls > tokenExpiresAfter) return { answer: refusal(401, 'Token has expired.') }
  if (tooMany && calls <= tooMany.times)
    return { answer: refusal(429, 'Too many requests.', { 'retry-after': String(tooMany.retryAfter) }) }
  if (!serverError) return {}
  const response = refusal(serverError.status, 'Internal server error')
  if (!serverError.made) return calls <= serverError.times ? { answer: response } : {}
  return call && isWrite(call.call) && writes <= serverError.times ? { answerAfter: response } : {}
}
