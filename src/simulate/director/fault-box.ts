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
  let counted = first.map((faults) => ({ faults, calls: 0 }))
  const join = (sets: readonly { readonly faults: DirectorFaults }[]): DirectorFaults =>
    Object.assign({}, ...sets.map(({ faults }) => faults)) as DirectorFaults
  return {
    set(sets) {
      counted = sets.map((faults) => ({ faults, calls: 0 }))
    },
    peek: (call) => join(counted.filter(({ faults }) => isStruck(faults, call))),
    strike(call) {
      const struck = counted.filter(({ faults }) => isStruck(faults, call))
      let strike: Strike = { set: join(struck) }
      for (const each of struck) strike = { ...strike, ...onCall(each.faults, ++each.calls, call) }
      return strike
    },
  }
}

function isStruck({ calls, logpoints }: DirectorFaults, call: Call | undefined): boolean {
  if (calls && !(call && calls.includes(call.call))) return false
  return !logpoints || (call?.logpoint !== undefined && logpoints.includes(call.logpoint))
}

/** What one set does to the nth call in its scope. */
function onCall(faults: DirectorFaults, n: number, call: Call | undefined): Partial<Strike> {
  const { cut, tokenExpiresAfter = Infinity, tooMany, serverError } = faults
  if (n === cut?.call) return { cut: cut.when }
  if (n > tokenExpiresAfter) return { answer: refusal(401, 'Token has expired.') }
  if (n <= (tooMany?.times ?? 0)) {
    const headers = { 'retry-after': String(tooMany?.retryAfter) }
    return { answer: refusal(429, 'Too many requests.', headers) }
  }
  if (serverError && n <= serverError.times) {
    const response = refusal(serverError.status, 'Internal server error')
    return serverError.made && call && isWrite(call.call) ? { answerAfter: response } : { answer: response }
  }
  return {}
}
