// Stryker's runner for vitest with a quick first pass before it: see in-place-tests.mjs. A mutant that a test found there
// is killed; every other one is run as Stryker runs it, in a worker of its own.
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin'
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { clearInterval, setInterval } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { lastTried, note, quietMs, readNotes } from './first-pass-notes.mjs'
import { VitestTestRunner } from './node_modules/@stryker-mutator/vitest-runner/dist/src/vitest-test-runner.js'

const program = fileURLToPath(new URL('first-pass.mjs', import.meta.url))
const doneFile = 'first-pass-done.txt'
/** So long may one test take with one mutant before its process is given up. */
const stuckMs = 45_000
/** Processes that a pass may cost. */
const mostStarts = 60

class InPlaceRunner extends VitestTestRunner {
  static inject = tokens(commonTokens.options, commonTokens.logger)
  #found = new Map()

  constructor(options, log) {
    super(options, log, '__stryker__')
  }

  async init() {
    // Stryker starts its runner again after a time-out; what is known stays known.
    for (let start = 0; start < mostStarts && !existsSync(doneFile); start += 1) {
      const status = await firstPass(this.options.vitest.configFile)
      const mutant = lastTried()
      if (status === 0) writeFileSync(doneFile, '')
      else if (mutant === undefined) throw new Error(`the first pass ended with ${status} before any mutant`)
      else note('hung', mutant)
    }
    const { found, spoilt } = readNotes()
    this.#found = found
    for (const test of spoilt) this.log.warn(`does not pass again in its process, so it tells little here: ${test}`)
    await super.init()
  }

  async mutantRun(options) {
    const { id } = options.activeMutant
    if (!this.#found.has(id)) {
      const isLastPass = process.env.STIXTAXII_MUTATE_PASSES === '1'
      return isLastPass ? { status: 'survived', nrOfTests: 1 } : super.mutantRun(options)
    }
    const test = this.#found.get(id)
    if (test === undefined) return { status: 'timeout', reason: 'its process ended, or had to be ended' }
    return { status: 'killed', killedBy: [test], failureMessage: 'found in the first pass', nrOfTests: 1 }
  }
}

function firstPass(config) {
  const child = spawn(process.execPath, [program, config], { stdio: ['ignore', 'inherit', 'ignore'] })
  const watch = setInterval(() => {
    if (lastTried() !== undefined && quietMs() > stuckMs) child.kill('SIGKILL')
  }, 1000)
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      clearInterval(watch)
      resolve(code ?? signal)
    })
  })
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-place', InPlaceRunner)]
