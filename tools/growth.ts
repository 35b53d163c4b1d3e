// How the cost of a command grows with what is stored: npm run growth -- [COMMAND...] [--least 10000] [--most 1000000]
// [--record 1]. Sizes grow tenfold from the least to the most; with --record the figures go to docs/data/growth.json, from
// which npm run docs makes docs/growth.md.
import { readCampaignOptions } from './campaign/options.ts'
import { recordGrowth } from './growth/record.ts'
import { growths } from './growth/registry.ts'
import { openStage } from './growth/stage.ts'

const { options, words } = readCampaignOptions(process.argv.slice(2), { least: 10_000, most: 1_000_000, record: 0 })
const unknown = words.filter((word) => !growths.some(({ name }) => name === word))
if (unknown.length > 0 || options.least < 1) {
  console.error(`there is ${growths.map(({ name }) => name).join(', ')}; not ${unknown.join(', ')}`)
  process.exit(2)
}
const wanted = growths.filter(({ name }) => words.length === 0 || words.includes(name))

/** Time in microseconds by one unit. */
const each = (ms: number, count: number) => `${((ms * 1000) / count).toFixed(1)} us`

for (let objects = options.least; objects <= options.most; objects *= 10) {
  await using stage = await openStage(objects)
  for (const { name, unit, run } of wanted) {
    const figure = await run(objects, stage)
    const { cpuMs, wallMs, peakMiB, count } = figure
    console.log(
      `${name} ${objects} objects: cpu ${each(cpuMs, count)} a ${unit} (wall ${each(wallMs, count)}), ${Math.round(peakMiB)} MiB`,
    )
    // At once, since the larger sizes take hours and may be stopped.
    if (options.record > 0) recordGrowth('docs/data/growth.json', [{ name, unit, objects, ...figure }])
  }
}
