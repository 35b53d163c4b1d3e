import type { Growth } from './growth.ts'

/** `export --format ndjson` of everything to a pipe, start included. */
export const growthOfExport: Growth = {
  name: 'export',
  unit: 'object',
  async run(objects, stage) {
    const cost = await stage.run(['export', '--format', 'ndjson', '--quiet'], { countsLines: true })
    if (cost.lines !== objects) throw new Error(`export wrote ${cost.lines} lines of ${objects}`)
    return { cpuMs: cost.cpuMs, wallMs: cost.wallMs, peakMiB: cost.peakMiB, count: cost.lines }
  },
}
