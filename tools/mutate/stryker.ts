import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { MutationPart } from './groups.ts'

/** What of Stryker's report is read; its schema is "mutation-testing-report-schema". */
export interface StrykerReport {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly StrykerMutant[] }>>
}

/** One change of a file, and whether a test saw it. */
export interface StrykerMutant {
  readonly mutatorName: string
  readonly replacement?: string
  /** `Killed`, `Survived`, `NoCoverage`, `Timeout`, `Ignored` ... */
  readonly status: string
  readonly location: { readonly start: Place; readonly end: Place }
}

interface Place {
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
}

/** How a part of a group is run. */
export interface StrykerRun {
  /** The project. */
  readonly root: string
  /** What its files below `dist/mutate/` are called: `secrets-1`. */
  readonly name: string
  readonly seed: number
  /** 1 = all functions, 4 = one of four. */
  readonly oneIn: number
  /** 1 = what was not found in the tests' own process counts as survived; 2 = it is tried once more in a fresh one. */
  readonly passes: number
}

/** Installs Stryker where it lives, if it is not there. Throws an Error when npm fails. */
export function installStryker(root: string): void {
  const home = path.join(root, 'tools', 'mutate')
  if (existsSync(path.join(home, 'node_modules', '@stryker-mutator', 'vitest-runner'))) return
  console.log('installing Stryker in tools/mutate')
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: home,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error('Stryker cannot be installed: run npm ci --ignore-scripts in tools/mutate')
}

/** Runs one part; its progress goes to standard output. Throws an Error when Stryker does not end well. */
export async function runStryker(part: MutationPart, run: StrykerRun): Promise<StrykerReport> {
  const folder = path.join(run.root, 'dist', 'mutate')
  mkdirSync(folder, { recursive: true })
  const config = path.join(folder, `${run.name}.config.json`)
  writeFileSync(config, JSON.stringify(configOf(part, run), undefined, 2))
  const program = path.join(run.root, 'tools/mutate/node_modules/@stryker-mutator/core/bin/stryker.js')
  const child = spawn(process.execPath, [program, 'run', config], {
    cwd: run.root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      STIXTAXII_MUTATE_TESTS: JSON.stringify(part.tests),
      STIXTAXII_MUTATE_SAMPLE: `${run.seed}:${run.oneIn}`,
      STIXTAXII_MUTATE_TESTS_EACH: String(part.testsEach ?? 40),
      STIXTAXII_MUTATE_PASSES: String(run.passes),
    },
  })
  const status = await new Promise((resolve) => child.once('exit', resolve))
  if (status !== 0) throw new Error(`Stryker ended with ${String(status)} for ${part.files.join(' ')}`)
  const report = lastReport(run.root, run.name)
  if (!report) throw new Error(`Stryker left no report for ${part.files.join(' ')}`)
  return report
}

/** What the last run of a part found; undefined when there was none here. */
export function lastReport(root: string, name: string): StrykerReport | undefined {
  const file = path.join(root, 'dist', 'mutate', `${name}.report.json`)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as StrykerReport) : undefined
}

function configOf(part: MutationPart, { name }: StrykerRun): unknown {
  return {
    testRunner: 'in-place',
    plugins: ['@stryker-mutator/vitest-runner', './tools/mutate/left-out.mjs', './tools/mutate/in-place.mjs'],
    ignorers: ['left-out'],
    vitest: { configFile: 'tools/mutate/vitest.config.mjs', related: false },
    mutate: part.files,
    coverageAnalysis: 'perTest',
    // A mutant's time limit is measured: with more at once, what is merely slow would count as found.
    concurrency: 1,
    timeoutMS: 10_000,
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: `dist/mutate/${name}.report.json` },
    ignorePatterns: ['dist', 'docs', 'coverage', '.ci'],
    tempDirName: `dist/mutate/${name}.sandbox`,
    allowConsoleColors: false,
    // Neither the tests nor what they test are type-checked when they run.
    disableTypeChecks: false,
  }
}
