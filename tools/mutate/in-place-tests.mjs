// How vitest runs a test in the first pass of `npm run mutate`: once as it is, then once more with each mutant that it
// reached switched on, in the same process. That takes a test's own milliseconds for a mutant, not the second that a new
// worker takes. What is seen here counts as found only when the test passes again as soon as the mutant is off: else the
// mutant has spoilt the process, and Stryker's own way, with a fresh worker, has to tell.
import { performance } from 'node:perf_hooks'
import { clearTimeout, setTimeout } from 'node:timers'
import { TestRunner } from 'vitest'
import { note, readNotes } from './first-pass-notes.mjs'

/** A test that takes longer is left to the second pass, in milliseconds of processor time. */
const longestMs = 500
/** A mutant under which a test takes so much longer than without it has been found, as Stryker's time-outs are. */
const hangsMs = 3000
const slower = 10
/** A loop that a mutant made endless ends after so many times as many rounds. */
const hitFactor = 100
/** A mutant that so many tests did not notice is left to the second pass. */
const mostTests = Number(process.env.STIXTAXII_MUTATE_TESTS_EACH)

const { found, tries } = readNotes()

export default class InPlaceTests extends TestRunner {
  async runTask(test) {
    const stryker = (globalThis.__stryker__ ??= {})
    const once = TestRunner.getTestFn(test)
    const named = stryker.currentTestId
    const [began, used] = [performance.now(), process.cpuUsage()]
    await once()
    const tookMs = performance.now() - began
    const { user, system } = process.cpuUsage(used)
    // By processor time, since others may be at work on the machine; a test that only waits takes its time for each mutant.
    if ((user + system) / 1000 > longestMs || tookMs > 10 * longestMs) return
    const limitMs = hangsMs + slower * tookMs
    const reached = Object.entries(stryker.mutantCoverage?.perTest?.[named] ?? {})
    try {
      for (const [mutant, hits] of reached) {
        const tried = tries.get(mutant) ?? 0
        if (found.has(mutant) || tried >= mostTests) continue
        tries.set(mutant, tried + 1)
        note('tried', mutant)
        if (!(await failsAgain(test, once, stryker, { mutant, hits, limitMs }))) continue
        if (await failsAgain(test, once, stryker, { mutant: undefined, hits: 0, limitMs })) {
          note('spoilt', mutant, named)
          throw new Error(`mutant ${mutant} spoilt the process of its test`)
        }
        found.set(mutant, named)
        note('found', mutant, named)
      }
    } finally {
      note('left')
      stryker.currentTestId = named
      delete stryker.mutantCoverage?.perTest?.['in place']
    }
  }
}

// As vitest does around each test: what one run left behind must not help or spoil the next.
async function again(test, once, stryker) {
  const suites = suitesOf(test)
  for (const suite of suites)
    for (const hook of TestRunner.getSuiteHooks(suite).beforeEach) await hook(test.context, suite)
  stryker.currentTestId = 'in place'
  try {
    await once()
  } finally {
    for (const suite of suites.reverse())
      for (const hook of TestRunner.getSuiteHooks(suite).afterEach) await hook(test.context, suite)
  }
}

/** Outermost first. */
function suitesOf(test) {
  const suites = []
  for (let suite = test.suite ?? test.file; suite; suite = suite.suite) suites.unshift(suite)
  if (suites[0] !== test.file) suites.unshift(test.file)
  return suites
}

async function failsAgain(test, once, stryker, { mutant, hits, limitMs }) {
  // A run that hung left promises that vitest would wait for in the next one, for ever.
  test.promises = []
  const kept = test.onFinished?.length ?? 0
  const failed = await fails(() => again(test, once, stryker), limitMs, stryker, { mutant, hits })
  // Its servers and clients go, so that an endless loop of its ends too.
  const hooks = test.onFinished?.splice(kept).reverse() ?? []
  for (const hook of hooks) await fails(() => hook(test.context), hangsMs, stryker, { mutant: undefined, hits: 0 })
  return failed
}

async function fails(body, limitMs, stryker, { mutant, hits }) {
  let timer
  const hangs = new Promise((_, reject) => {
    timer = setTimeout(reject, limitMs)
  })
  Object.assign(stryker, { activeMutant: mutant, hitCount: 0, hitLimit: hits * hitFactor })
  try {
    await Promise.race([body(), hangs])
    return false
  } catch {
    return true
  } finally {
    clearTimeout(timer)
    Object.assign(stryker, { activeMutant: undefined, hitCount: undefined, hitLimit: undefined })
  }
}
