/**
 * The product at work for long: `watch` on feeds that grow and break, `serve` under readers and a writer, `enrich --follow`
 * on a log that is rotated, all on one store. `npm run soak -- --minutes 60` prints how memory, descriptors and times went;
 * ends with 1 when something grew, or a line or an object was lost or doubled.
 */
import path from 'node:path'
import { newSeed, readCampaignOptions } from './campaign/options.ts'
import { seeded } from './campaign/seeded.ts'
import { aFolder } from './kill/scene.ts'
import { playSoak } from './soak/play.ts'
import { reportSoak } from './soak/report.ts'

const { options } = readCampaignOptions(process.argv.slice(2), { minutes: 60, seed: newSeed() })
console.log(`seed ${options.seed}, ${options.minutes} minutes`)
await using folder = await aFolder()
const seen = await playSoak(folder.path, options.minutes * 60_000, seeded(options.seed))
process.exitCode = reportSoak(seen, options, path.basename(folder.path))
