import { readdirSync } from 'node:fs'
import { outputFormats } from '../../src/output/writer.ts'
import type { OutputFormat } from '../../src/output/writer.ts'
import type { CliResult } from '../support/run-cli.ts'
import { formulasIn, rawIn } from './texts.ts'

/** How a command's output is looked at. */
export interface Looked {
  readonly format: OutputFormat
  /** Standard output and error are a terminal. */
  readonly onTerminal: boolean
  /** Standard output has objects with the very bytes of the server (`poll`, `get`, `export --format ndjson`). */
  readonly isBytes: boolean
}

export const formats: readonly OutputFormat[] = outputFormats

/** What our own spinner and cursor write to a terminal. */
const ownSequences = /\u001b\[(?:\d*[GKA]|\?25[lh]|\d*J|\?2026[hl])|\r/g

/** What is wrong with what a command showed of hostile text; nothing where it held. */
export function faultsOf({ exitCode, stdout, stderr }: CliResult, { format, onTerminal, isBytes }: Looked): string[] {
  const faults: string[] = []
  const said = onTerminal ? stderr.replace(ownSequences, '') : stderr
  const inOutput = isBytes && !onTerminal ? undefined : rawIn(stdout)
  if (inOutput !== undefined) faults.push(`standard output has ${inOutput}`)
  const inSaid = rawIn(said)
  if (inSaid !== undefined) faults.push(`standard error has ${inSaid}`)
  if (exitCode === 1) faults.push(`internal: ${stderr.slice(0, 300)}`)
  if (/^\s+at .*\d+:\d+\)?$/m.test(said)) faults.push('a stack trace')
  if (said.length > 40_000) faults.push(`standard error has ${said.length} characters`)
  if (!isBytes && format === 'csv') faults.push(...formulasIn(stdout).map((cell) => `formula ${cell.slice(0, 60)}`))
  if (format === 'json' || format === 'ndjson')
    faults.push(...faultsOfJson(stdout, said, { format, exitCode, isBytes }))
  return faults
}

function faultsOfJson(
  stdout: string,
  stderr: string,
  { format, exitCode, isBytes }: { format: string; exitCode: number; isBytes: boolean },
): string[] {
  const faults: string[] = []
  const documents = format === 'json' && !isBytes ? [stdout] : stdout.split('\n')
  for (const text of documents.filter((each) => each.trim() !== '')) {
    if (!isJson(text)) faults.push(`no JSON: ${JSON.stringify(text.slice(0, 100))}`)
  }
  const records = stderr.split('\n').filter((line) => line.startsWith('{"error"'))
  const wanted = exitCode === 0 || exitCode === 8 || exitCode === 12 ? [0, 1] : [1]
  if (!wanted.includes(records.length))
    faults.push(`${records.length} error records with status ${exitCode}: ${stderr.slice(0, 200)}`)
  return faults
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Every file below a folder, by its name from there. */
export function namesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
}
