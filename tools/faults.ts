import { startVitest } from 'vitest/node'
import { chapters } from './docs/requirements.ts'

/**
 * Runs every test that carries the number of a fault (network N, server T, machine L, Director D, our server E) and prints
 * each: the fault, what was done and seen, held or not. `npm run faults -- L3 D4` runs those rows; `--slow` adds the suites
 * that need Debian's proxies, a real PostgreSQL and the Python peers. Exit status 1 when one does not hold.
 */

interface Seen {
  readonly file: string
  readonly name: string
  readonly state: 'held' | 'not held' | 'skipped'
  readonly reason?: string | undefined
}

const rowNumber = /\b([NTLDE])(\d{1,2})\b(?= to [NTLDE]?\d|:|,| and |\b)/g
const wanted = process.argv.slice(2).filter((argument) => /^[NTLDE]\d{1,2}$/.test(argument))
const isSlow = process.argv.includes('--slow')
const known = chapters.flatMap(({ requirements }) => requirements).filter(({ number }) => /^[NTLDE]\d+$/.test(number))

const seen = new Map<string, Seen[]>()
const broken: string[] = []
await runSuites('test', undefined)
if (isSlow) await runSuites('test', 'vitest.slow.config.ts')
printTable()

async function runSuites(mode: 'test', config: string | undefined): Promise<void> {
  const names = wanted.length > 0 ? wanted : ['[NTLDE]\\d{1,2}']
  const vitest = await startVitest(mode, [], {
    watch: false,
    reporters: [{}],
    testNamePattern: `(^|[^A-Za-z0-9-])(${names.join('|')})([^0-9A-Za-z-]|$)`,
    ...(config === undefined ? {} : { config }),
  })
  for (const module of vitest.state.getTestModules()) {
    if (module.errors().length > 0) broken.push(module.moduleId)
    for (const test of module.children.allTests()) {
      const { state, errors = [] } = test.result()
      const rows = [
        ...new Set([...test.fullName.matchAll(rowNumber)].map(([, letter, digits]) => `${letter}${digits}`)),
      ]
      if (rows.length === 0 || !rows.some((row) => wanted.length === 0 || wanted.includes(row))) continue
      const how = state === 'passed' ? 'held' : state === 'skipped' ? 'skipped' : 'not held'
      const reason = errors[0]?.message.split('\n')[0]
      const file = module.relativeModuleId
      for (const row of rows) seen.set(row, [...(seen.get(row) ?? []), { file, name: test.name, state: how, reason }])
    }
  }
  await vitest.close()
}

function printTable(): void {
  let held = 0
  let missed = 0
  for (const { number, about, struck } of known) {
    if (wanted.length > 0 && !wanted.includes(number)) continue
    const tests = (seen.get(number) ?? []).filter(({ state }) => state !== 'skipped')
    console.log(`${number.padEnd(4)}${about}${struck === undefined ? '' : ` (not here: ${struck})`}`)
    if (tests.length === 0 && struck === undefined) console.log('      not run here: see --slow')
    for (const { name, state, reason, file } of tests) {
      if (state === 'held') held++
      else missed++
      console.log(
        `      ${state.padEnd(9)} ${name}${reason === undefined ? '' : `\n                ${file}: ${reason}`}`,
      )
    }
  }
  for (const module of broken) console.log(`cannot run: ${module}`)
  console.log(`\n${held + missed} faults, ${held} held, ${missed} not held`)
  process.exit(missed === 0 && broken.length === 0 && held > 0 ? 0 : 1)
}
