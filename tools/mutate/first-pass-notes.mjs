// What the first pass has done so far, line by line in a file of the sandbox, written before it goes on: a mutant may make a
// loop endless in a way that no timer ends, and takes its process with it. Whoever starts the pass again reads on from here.
import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs'

const file = 'first-pass.txt'

export function note(...words) {
  appendFileSync(file, `${words.join('\t')}\n`)
}

function lines() {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
}

/** Which mutants were found, each with its test, how many tests each was tried with, and the tests that did not pass again. */
export function readNotes() {
  const [found, tries, spoilt] = [new Map(), new Map(), new Set()]
  for (const [what, mutant, test = ''] of lines().map((line) => line.split('\t'))) {
    if (what === 'tried') tries.set(mutant, (tries.get(mutant) ?? 0) + 1)
    else if (what === 'spoilt') spoilt.add(test)
    else if (what === 'found' || what === 'hung') found.set(mutant, what === 'hung' ? undefined : test)
  }
  return { found, tries, spoilt }
}

/** The mutant that was switched on last, if nothing came after that. */
export function lastTried() {
  const [what, mutant] = lines().at(-1)?.split('\t') ?? []
  return what === 'tried' ? mutant : undefined
}

/** For how long nothing has been written, in milliseconds. */
export function quietMs() {
  return existsSync(file) ? Date.now() - statSync(file).mtimeMs : 0
}
