import { startVitest } from 'vitest/node'
import type { Finding } from '../campaign/report.ts'
import type { PartReport } from './part.ts'

/** A suite of tests that is a part of the campaign: what kills a serving program, and an apply at each request. */
interface Suite {
  readonly file: string
  /** Of the names of its tests. */
  readonly pattern: string
  readonly slow: boolean
}

const suites = {
  serve: { file: 'test/slow/serve-attacks.test.ts', pattern: 'E5', slow: true },
  apply: { file: 'test/slow/apply-kill.test.ts', pattern: 'D3', slow: true },
} as const satisfies Record<string, Suite>

export type SuiteName = keyof typeof suites

/** Runs the suite; of an apply, `points` are drawn for each of its scenarios, and 0 is every one. */
export async function runSuite(
  name: SuiteName,
  options: { readonly seed: number; readonly points: number },
): Promise<PartReport> {
  const { file, pattern, slow } = suites[name]
  process.env['STIXTAXII_TEST_SEED'] = String(options.seed)
  process.env['STIXTAXII_TEST_KILLS'] = options.points === 0 ? 'all' : String(options.points)
  const vitest = await startVitest('test', [file], {
    ...{ watch: false, reporters: [{}], testNamePattern: pattern },
    ...(slow ? { config: 'vitest.slow.config.ts' } : {}),
  })
  const lines: string[] = []
  const findings: Finding[] = []
  let done = 0
  for (const test of vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()])) {
    const { state, errors = [] } = test.result()
    if (state === 'skipped') continue
    lines.push(`${state} ${test.fullName}`)
    if (state === 'passed') done += 1
    const again = `npm run kill -- ${name} --seed ${options.seed} --points ${options.points}`
    if (state === 'failed') findings.push({ what: test.fullName, seen: errors[0]?.message ?? state, again })
  }
  await vitest.close()
  return { lines, findings, done: done + findings.length }
}
