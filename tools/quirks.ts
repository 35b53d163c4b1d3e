import { startVitest } from 'vitest/node'

/**
 * Prints the score of the quirk server: each row of what real servers do, the versions it concerns, and whether our client
 * gets what its user must have. `npm run quirks -- 26` runs one row. Exit status 1 when a row does not hold.
 */

interface Score {
  readonly title: string
  readonly held: string[]
  readonly missed: { readonly version: string; readonly reason: string }[]
}

const wanted = process.argv.slice(2).filter((argument) => /^\d+$/.test(argument))
const vitest = await startVitest('test', ['test/quirks/'], {
  watch: false,
  reporters: [{}],
  ...(wanted.length > 0 ? { testNamePattern: `^row (${wanted.join('|')}),` } : {}),
})
const rows = new Map<number, Score>()
const broken: string[] = []
for (const module of vitest.state.getTestModules()) {
  if (module.errors().length > 0) broken.push(module.moduleId)
  for (const test of module.children.allTests()) {
    const [, number, version = '', title = ''] = /^row (\d+), (\S+): a server (.*)$/.exec(test.name) ?? []
    const { state, errors = [] } = test.result()
    if (number === undefined || state === 'skipped') continue
    const row = rows.get(Number(number)) ?? { title, held: [], missed: [] }
    if (state === 'passed') row.held.push(version)
    else row.missed.push({ version, reason: errors[0]?.message.split('\n')[0] ?? state })
    rows.set(Number(number), row)
  }
}
await vitest.close()

let held = 0
for (const [number, { title, held: good, missed }] of [...rows].sort(([a], [b]) => a - b)) {
  const holds = missed.length === 0
  if (holds) held++
  const versions = [...good, ...missed.map(({ version }) => version)].sort().join(' ')
  console.log(`${String(number).padStart(3)}  ${holds ? 'held    ' : 'not held'}  ${versions.padEnd(15)}  ${title}`)
  for (const { version, reason } of missed) console.log(`               ${version}: ${reason}`)
}
for (const module of broken) console.log(`cannot run: ${module}`)
console.log(`\n${held} of ${rows.size} rows held`)
process.exit(held === rows.size && broken.length === 0 && rows.size > 0 ? 0 : 1)
