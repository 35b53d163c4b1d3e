import { startVitest } from 'vitest/node'
import { numbersIn } from './docs/conformance-page.ts'
import { faultChapters, faults, filesThatShow, readTestFiles } from './docs/fault-page.ts'
import type { Fault } from './docs/faults/fault.ts'

/**
 * Does every named fault (network N, TAXII T, machine L, Director D, our server E) by running the tests that carry its
 * number, and prints what was seen of each: held or not, and by how many tests. `npm run faults -- L3 D4` does those rows;
 * `--slow` also those that need real proxies, PostgreSQL, a small file system or another user; `--tests` names the tests.
 * Exit status 1 when one does not hold, or none was done.
 */

interface Seen {
  readonly file: string
  /** With the groups around it. */
  readonly name: string
  readonly rows: ReadonlySet<string>
  readonly state: 'held' | 'not held' | 'skipped'
  /** Why it did not hold, or was skipped. */
  readonly reason?: string | undefined
}

const words = process.argv.slice(2)
const wanted = words.filter((word) => /^[NTLDE]\d{1,2}$/.test(word))
const flags = words.filter((word) => word.startsWith('--'))
const strange = words.find((word) => !wanted.includes(word) && !['--slow', '--tests'].includes(word))
if (strange !== undefined) throw new Error(`${strange}: use rows as L3 or D4, --slow and --tests`)

const isWanted = (row: string): boolean => wanted.length === 0 || wanted.includes(row)
const files = readTestFiles(process.cwd())
const seen: Seen[] = []
const broken: string[] = []
if (flags.includes('--slow')) {
  // The numbers that the rows name: flipped bytes of L10, histories of T4. Some minutes of processor time.
  process.env['STIXTAXII_TEST_FLIPS'] ??= '1000'
  process.env['STIXTAXII_TEST_HISTORIES'] ??= '10000'
}
await runSuites(undefined)
if (flags.includes('--slow')) await runSuites('vitest.slow.config.ts')
process.exit(printTable())

async function runSuites(config: string | undefined): Promise<void> {
  const names = wanted.length > 0 ? wanted : ['[NTLDE]\\d{1,2}']
  const vitest = await startVitest('test', [], {
    watch: false,
    reporters: [{}],
    testNamePattern: `(^|[^A-Za-z0-9-])(${names.join('|')})([^0-9A-Za-z-]|$)`,
    ...(config === undefined ? {} : { config }),
  })
  for (const module of vitest.state.getTestModules()) {
    for (const error of module.errors()) broken.push(`${module.relativeModuleId}: ${firstLine(error.message) ?? ''}`)
    for (const test of module.children.allTests()) {
      const result = test.result()
      const rows = new Set(numbersIn(test.fullName).filter((number) => /^[NTLDE]\d/.test(number) && isWanted(number)))
      if (rows.size === 0) continue
      const file = module.relativeModuleId
      if (result.state === 'skipped') {
        seen.push({
          file,
          name: test.fullName,
          rows,
          state: 'skipped',
          reason: result.note ?? 'something it needs is not here',
        })
      } else {
        const reason = firstLine(result.errors?.[0]?.message)
        seen.push({ file, name: test.fullName, rows, state: result.state === 'passed' ? 'held' : 'not held', reason })
      }
    }
  }
  await vitest.close()
}

function firstLine(text: string | undefined): string | undefined {
  return text?.split('\n')[0]
}

/** The tests of a fault that ran, or were skipped. `%s` and the like in a name of the source stand for anything. */
function testsOf({ row, test, of }: Fault): Seen[] {
  if (test === undefined) return []
  const pieces = test.split(/%[a-z]|\$\w+/).map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const pattern = new RegExp(pieces.join('.*'), 's')
  return seen.filter(({ name, rows }) => rows.has(row) && pattern.test(name) && (of === undefined || name.includes(of)))
}

interface Told {
  readonly state: 'held' | 'not held' | 'skipped' | 'not run' | 'not here'
  readonly what: string
}

function tell(fault: Fault): Told {
  if (fault.struck !== undefined) return { state: 'not here', what: fault.struck }
  const tests = testsOf(fault)
  const missed = tests.find(({ state }) => state === 'not held')
  if (missed) return { state: 'not held', what: `${missed.file}: ${missed.name}: ${missed.reason ?? ''}` }
  const held = tests.filter(({ state }) => state === 'held').length
  if (held > 0) return { state: 'held', what: `${held} ${held === 1 ? 'test' : 'tests'}` }
  const skipped = tests.find(({ state }) => state === 'skipped')
  if (skipped) return { state: 'skipped', what: skipped.reason ?? '' }
  const isSlow = filesThatShow(fault, files).every((file) => file.startsWith('test/slow/'))
  if (isSlow && !flags.includes('--slow')) return { state: 'not run', what: 'needs --slow' }
  return { state: 'not held', what: `no test of that name ran: ${fault.test ?? ''} ${fault.of ?? ''}` }
}

function printTable(): number {
  const states = ['held', 'not held', 'skipped', 'not run', 'not here'] as const
  const total = Object.fromEntries(states.map((state) => [state, 0])) as Record<Told['state'], number>
  const summary: string[] = []
  for (const { title, requirements } of faultChapters) {
    const chapter = { ...total, ...Object.fromEntries(states.map((state) => [state, 0])) }
    for (const { number, about } of requirements.filter(({ number }) => isWanted(number))) {
      console.log(`${number.padEnd(4)}${about}`)
      const named = faults.filter(({ row }) => row === number)
      for (const fault of named) {
        const { state, what } = tell(fault)
        chapter[state]++
        console.log(`    ${state.padEnd(9)} ${fault.about}  (${what})`)
        if (flags.includes('--tests'))
          for (const { name, file } of testsOf(fault)) console.log(`${' '.repeat(16)}${file}: ${name}`)
      }
      printOthers(number, named)
    }
    for (const state of states) total[state] += chapter[state]
    summary.push(`${title}: ${states.map((state) => `${chapter[state]} ${state}`).join(', ')}`)
  }
  const missed = seen.filter(({ state }) => state === 'not held')
  for (const { file, name, reason } of missed) console.log(`NOT HELD ${file}: ${name}: ${reason ?? ''}`)
  for (const module of broken) console.log(`cannot run: ${module}`)
  console.log(['', ...summary].join('\n'))
  console.log(
    `\n${total.held + total['not held']} faults done by ${seen.filter(({ state }) => state !== 'skipped').length} tests: ` +
      `${total.held} held, ${total['not held']} not held; ${total.skipped} skipped, ${total['not run']} need --slow, ${total['not here']} not here`,
  )
  return total['not held'] === 0 && missed.length === 0 && broken.length === 0 && total.held > 0 ? 0 : 1
}

/** Tests of a row that belong to no named fault: counted, so that nothing that ran is left out. */
function printOthers(row: string, named: readonly Fault[]): void {
  const ofNamed = new Set(named.flatMap(testsOf))
  const others = seen.filter((test) => test.rows.has(row) && !ofNamed.has(test) && test.state !== 'skipped')
  if (others.length === 0) return
  const held = others.filter(({ state }) => state === 'held').length
  console.log(`    ${held === others.length ? 'held' : 'not held'}      and ${others.length} more tests of this row`)
  if (flags.includes('--tests')) for (const { name, file } of others) console.log(`${' '.repeat(16)}${file}: ${name}`)
}
