import type { Growth } from './growth.ts'

/** `fetch` of everything into an empty store, start included; the stage has done it already. */
export const growthOfFetch: Growth = {
  name: 'fetch',
  unit: 'object',
  run: (objects, { filling: { cpuMs, wallMs, peakMiB } }) =>
    Promise.resolve({ cpuMs, wallMs, peakMiB, count: objects }),
}
