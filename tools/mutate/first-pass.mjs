// The first pass over the tests of a part, as a process of its own: see in-place.mjs, which starts it in the sandbox.
import { copyFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createVitest } from 'vitest/node'

const setup = path.resolve('first-pass-setup.mjs')
const own = './node_modules/@stryker-mutator/vitest-runner/dist/src/stryker-setup.js'
copyFileSync(fileURLToPath(new URL(own, import.meta.url)), setup)

const vitest = await createVitest('test', {
  config: process.argv[2],
  pool: 'threads',
  maxWorkers: 1,
  watch: false,
  bail: 0,
  runner: fileURLToPath(new URL('in-place-tests.mjs', import.meta.url)),
  dangerouslyIgnoreUnhandledErrors: true,
  onConsoleLog: () => false,
  reporters: [{}],
})
vitest.provide('globalNamespace', '__stryker__')
vitest.provide('mode', 'dry-run')
vitest.provide('isGreaterThanVitest4Point1', true)
for (const project of vitest.projects) project.config.setupFiles = [setup, ...project.config.setupFiles]
await vitest.start()
for (const test of vitest.state.getFiles().flatMap((file) => failuresIn(file))) console.log(test)
await vitest.close()
// What a mutant left running must not keep the pass from its end.
process.exit(0)

function failuresIn(task) {
  const inner = (task.tasks ?? []).flatMap(failuresIn)
  const failed = task.result?.state === 'fail' && task.type === 'test'
  return failed ? [`${task.name}: ${task.result.errors?.[0]?.message}`] : inner
}
