import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import type { GrowthData, GrowthRecord } from './growth.ts'

/** Puts new figures in the place of those of the same command and number of objects, and keeps the others. */
export function recordGrowth(file: string, fresh: readonly GrowthRecord[]): void {
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as GrowthData).records : []
  const kept = before.filter((old) => !fresh.some(({ name, objects }) => name === old.name && objects === old.objects))
  const records = [...kept, ...fresh].sort((a, b) => a.name.localeCompare(b.name) || a.objects - b.objects)
  const data: GrowthData = {
    node: process.version,
    processor: os.cpus()[0]?.model ?? 'unknown',
    cores: os.cpus().length,
    records,
  }
  writeFileSync(file, `${JSON.stringify(data, null, 2)}\n`)
}
