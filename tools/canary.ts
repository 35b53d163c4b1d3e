/**
 * `npm run canary -- [TEST...]`: the whole suite of tests with a witness (test/support/canary-witness.ts) that knows every
 * secret which is opened meanwhile and looks for it, raw and in each encoding, in all that goes out: output of commands,
 * files they leave, arguments of processes. Ends with 1 when a secret was found or a test failed.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { reportCampaign } from './campaign/report.ts'
import type { Finding } from './campaign/report.ts'

interface Found {
  readonly file: string
  readonly test: string
  readonly kind: string
  readonly from: string
  readonly around: string
}

type Counts = Readonly<Record<'secrets' | 'output' | 'file' | 'process', number>>

const folder = mkdtempSync(path.join(tmpdir(), 'stixtaxii-witness-'))
// Tests that become somebody else come through to their own folders; the findings are for us alone.
chmodSync(folder, 0o711)
try {
  process.exitCode = runSuite(process.argv.slice(2))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function runSuite(words: readonly string[]): number {
  const temporary = path.join(folder, 'tmp')
  mkdirSync(temporary)
  chmodSync(temporary, 0o1777)
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...words], {
    stdio: 'inherit',
    env: { ...process.env, STIXTAXII_CANARY: folder, TMPDIR: temporary },
  })
  const counts = linesOf<Counts>('counts.jsonl')
  const sum = (name: keyof Counts): number => counts.reduce((total, each) => total + each[name], 0)
  const looked = sum('output') + sum('file') + sum('process')
  const lines = [
    `${counts.length} files of tests, ${sum('secrets')} secrets`,
    `looked for them in ${sum('output')} outputs, ${sum('file')} files, the arguments of ${sum('process')} processes`,
  ]
  return reportCampaign(lines, linesOf<Found>('findings.jsonl').map(asFinding), looked) || (status ?? 1)
}

function linesOf<T>(name: string): T[] {
  const file = path.join(folder, name)
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}

function asFinding({ file, test, kind, from, around }: Found): Finding {
  const name = path.relative(process.cwd(), file)
  return { what: `a secret in the ${kind} of ${from}`, seen: `${test}: ${around}`, again: `npm run canary -- ${name}` }
}
