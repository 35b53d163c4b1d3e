import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Growth } from './growth.ts'

const asked = 20_000

/** `lookup -` of 20,000 names, every second one known and those from all over the store, start included. */
export const growthOfLookup: Growth = {
  name: 'lookup',
  unit: 'value',
  async run(objects, stage) {
    const input = path.join(stage.folder, 'names.txt')
    const output = path.join(stage.folder, 'answers.ndjson')
    // 7919 is a prime: the names lie all over the store.
    const names = Array.from(
      { length: asked },
      (_, n) => `${n % 2 === 0 ? 'host' : 'none'}-${(n * 7919) % objects}.example`,
    )
    writeFileSync(input, `${names.join('\n')}\n`)
    const { cpuMs, wallMs, peakMiB } = await stage.run(['lookup', '-', '-o', 'ndjson'], { input, output })
    const answers = readFileSync(output, 'utf8').trimEnd().split('\n')
    const known = answers.filter((answer) => (JSON.parse(answer) as { known: boolean }).known).length
    if (answers.length !== asked || known !== asked / 2) throw new Error(`lookup: ${known} known of ${answers.length}`)
    return { cpuMs, wallMs, peakMiB, count: asked }
  },
}
