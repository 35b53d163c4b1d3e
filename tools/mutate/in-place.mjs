// Stryker's runner for vitest with a quick first pass before it: see in-place-tests.mjs. A mutant that a test found there
// is killed; every other one is run as Stryker runs it, in a worker of its own.
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { VitestTestRunner } from './node_modules/@stryker-mutator/vitest-runner/dist/src/vitest-test-runner.js'
import { vitestWrapper } from './node_modules/@stryker-mutator/vitest-runner/dist/src/vitest-wrapper.js'

const foundFile = 'found-in-place.json'
const runner = fileURLToPath(new URL('in-place-tests.mjs', import.meta.url))

class InPlaceRunner extends VitestTestRunner {
  static inject = tokens(commonTokens.options, commonTokens.logger)
  #found = {}

  constructor(options, log) {
    super(options, log, '__stryker__')
  }

  async init() {
    await super.init()
    // Stryker starts its runner again after a time-out; what is known stays known.
    if (!existsSync(foundFile)) writeFileSync(foundFile, JSON.stringify(await this.#firstPass()))
    this.#found = JSON.parse(readFileSync(foundFile, 'utf8'))
  }

  async mutantRun(options) {
    const test = this.#found[options.activeMutant.id]
    if (test === undefined) {
      const isOver = process.env.STIXTAXII_MUTATE_PASSES === '1' && options.mutantActivation !== 'static'
      return isOver ? { status: 'survived', nrOfTests: 1 } : super.mutantRun(options)
    }
    return { status: 'killed', killedBy: [test], failureMessage: 'found in the first pass', nrOfTests: 1 }
  }

  async #firstPass() {
    const vitest = await vitestWrapper.createVitest('test', {
      config: this.options.vitest.configFile,
      pool: 'threads',
      maxWorkers: 1,
      watch: false,
      bail: 0,
      runner,
      dangerouslyIgnoreUnhandledErrors: true,
      onConsoleLog: () => false,
      reporters: [{}],
    })
    vitest.provide('globalNamespace', '__stryker__')
    vitest.provide('mode', 'dry-run')
    vitest.provide('isGreaterThanVitest4Point1', true)
    for (const project of vitest.projects)
      project.config.setupFiles = [this.localSetupFile, ...project.config.setupFiles]
    await vitest.start()
    const found = {}
    for (const file of vitest.state.getFiles()) collect(file, found)
    await vitest.close()
    return found
  }
}

function collect(task, found) {
  for (const each of task.tasks ?? []) collect(each, found)
  if (task.type !== 'test') return
  if (task.result?.state === 'fail') console.log(`${task.name}: ${task.result.errors?.[0]?.message}`)
  for (const mutant of task.meta.killed ?? []) found[mutant] = `${task.file.filepath}#${fullName(task)}`
}

function fullName(task) {
  const names = [task.name]
  for (let suite = task.suite; suite; suite = suite.suite) names.unshift(suite.name)
  return names.join(' ').trim()
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-place', InPlaceRunner)]
