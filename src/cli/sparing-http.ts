import { setFlagsFromString } from 'node:v8'
import type { Http } from '../core/ports.ts'

/**
 * Keeps V8 from optimising the HTTP parser of undici, one very large WebAssembly function. After the first few heads V8 takes
 * it for hot and optimises it beside us, for 80 ms of processor time and 35 MiB at the peak: as much as all else that a
 * short run needs, and more than the heads of a thousand answers would win back. The parser is compiled with the first
 * answer of the process, so V8 is told to leave WebAssembly as it is until that answer's head has come. What is compiled
 * later, as our scanner, is optimised as ever.
 *
 * The returned function takes each `Http` of a process.
 */
export function sparingHttp(setFlag: (flag: string) => void = setFlagsFromString): (http: Http) => Http {
  let isFirst = true
  const optimise = (allowed: boolean): void => {
    for (const flag of ['wasm-tier-up', 'wasm-dynamic-tiering']) setFlag(`--${allowed ? '' : 'no-'}${flag}`)
  }
  return (http) => ({
    async exchange(request, read) {
      if (!isFirst) return http.exchange(request, read)
      isFirst = false
      optimise(false)
      try {
        return await http.exchange(request, (response) => {
          optimise(true)
          return read(response)
        })
      } finally {
        optimise(true)
      }
    },
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  })
}
