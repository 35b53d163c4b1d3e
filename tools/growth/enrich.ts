import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Growth, GrowthFigure } from './growth.ts'
import type { Stage } from './stage.ts'

const events = 200_000
const isHit = (n: number): boolean => n % 100 < 3

/** Building the index of every indicator (the first `enrich` after a `fetch`), start included. */
export const growthOfIndex: Growth = {
  name: 'enrich, building its index',
  unit: 'indicator',
  async run(objects, stage) {
    const { cpuMs, wallMs, peakMiB } = await enrich(stage, 0, ['--rebuild'])
    return { cpuMs, wallMs, peakMiB, count: objects }
  },
}

/** `enrich --mode all` of 200,000 JSON lines, three of a hundred with a hit, by an index that is there; start included. */
export const growthOfEnrich: Growth = {
  name: 'enrich',
  unit: 'line',
  async run(objects, stage) {
    await enrich(stage, 0, [])
    return enrich(stage, objects, [])
  },
}

/** With indicators of that many; 0: one line. */
async function enrich(stage: Stage, objects: number, flags: readonly string[]): Promise<GrowthFigure> {
  const input = path.join(stage.folder, 'events.ndjson')
  const output = path.join(stage.folder, 'enriched.ndjson')
  const count = objects === 0 ? 1 : events
  const lines = Array.from({ length: count }, (_, n) => eventOf(n, objects))
  writeFileSync(input, `${lines.join('\n')}\n`)
  const words = ['enrich', '--mode', 'all', '--format', 'ndjson', '--quiet', ...flags]
  const { cpuMs, wallMs, peakMiB } = await stage.run(words, { input, output })
  const written = readFileSync(output, 'utf8').trimEnd().split('\n')
  const hits = written.filter((line) => line.includes('"et_indicator":')).length
  const wanted = objects === 0 ? 0 : lines.filter((_, n) => isHit(n)).length
  if (written.length !== count || hits !== wanted) throw new Error(`enrich: ${hits} hits in ${written.length} lines`)
  return { cpuMs, wallMs, peakMiB, count }
}

function eventOf(n: number, objects: number): string {
  return JSON.stringify({
    time: new Date(1_760_000_000_000 + n * 10).toISOString(),
    device: `fw-${n % 12}`,
    source_address: `10.${(n >> 8) & 255}.${n & 255}.9`,
    destination_address: `192.0.2.${n & 255}`,
    domain: isHit(n) && objects > 0 ? `host-${(n * 7919) % objects}.example` : `www-${n}.example`,
    url: `https://site-${n % 5000}.example/app/${n}?session=${(n * 2654435761) % 2 ** 32}`,
    user: `user${n % 1000}`,
    action: n % 5 === 0 ? 'deny' : 'allow',
    agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36',
    bytes: n % 65_536,
  })
}
