// Prints the score of the quirk server: each row of what real servers do, the versions it concerns, and whether our client
// gets what its user must have. `npm run quirks -- 26` runs one row. Exit status 1 when a row does not hold.
import { startVitest } from 'vitest/node'

const wanted = process.argv.slice(2).filter((argument) => /^\d+$/.test(argument))
const pattern = wanted.length > 0 ? `^row (${wanted.join('|')}),` : undefined
const vitest = await startVitest('test', ['test/quirks/'], {
  watch: false,
  reporters: [{}],
  testNamePattern: pattern,
})
const rows = new Map()
const broken = []
for (const module of vitest.state.getTestModules()) {
  if (module.errors().length > 0) broken.push(module.moduleId)
  for (const test of module.children.allTests()) {
    const match = /^row (\d+), (\S+): a server (.*)$/.exec(test.name)
    const { state, errors = [] } = test.result()
    if (!match || state === 'skipped') continue
    const row = rows.get(Number(match[1])) ?? { title: match[3], held: [], missed: [] }
    if (state === 'passed') row.held.push(match[2])
    else row.missed.push({ version: match[2], reason: errors[0]?.message?.split('\n')[0] ?? state })
    rows.set(Number(match[1]), row)
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
