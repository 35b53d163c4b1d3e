import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { chapters } from './requirements.ts'
import type { Chapter, Requirement } from './requirements.ts'

/** Which test files carry which number in the names of their tests. */
export type NumberedTests = ReadonlyMap<string, readonly string[]>

/** Reads the names of all tests. A range as "C1H-1 to C1H-7" stands for each number in it. */
export function readNumberedTests(root: string): NumberedTests {
  const found = new Map<string, Set<string>>()
  for (const entry of readdirSync(path.join(root, 'test'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/(\.test|-suite)\.ts$/.test(entry.name)) continue
    const file = path.join(entry.parentPath, entry.name)
    const name = path.relative(root, file).replaceAll(path.sep, '/')
    for (const title of titlesIn(readFileSync(file, 'utf8')))
      for (const number of numbersIn(title)) found.set(number, (found.get(number) ?? new Set()).add(name))
  }
  return new Map([...found].map(([number, files]) => [number, [...files].sort()]))
}

// The first argument of a call that is a text and is not the last: a test's or a group's name.
const title = /\(\s*(?:'((?:[^'\\\n]|\\.)*)'|`([^`]*)`|"((?:[^"\\\n]|\\.)*)")\s*,/g

/** The names of the tests and groups of a test file. */
export function titlesIn(source: string): string[] {
  return [...source.matchAll(title)].map(([, single, back, double]) => single ?? back ?? double ?? '')
}

const numbered = /\b(C1[HMDPIS]-|C2[01]-|S1-|S2[01]-|STX-|PAT-|SX1-|F|X|N|T|L|S|D|E)(\d{1,2})\b(?: to \1(\d{1,2}))?/g
// Rows of the tables of the Director documentation: "section 9 row 5", "section 10 rows 1 to 4".
const rowed = /\b(section \d+ row)s? (\d{1,2})\b(?: (?:to|and) (\d{1,2})\b)?/g

/** The numbers of requirements in a name, ranges spread. */
export function numbersIn(text: string): string[] {
  const numbers = [...text.matchAll(numbered)].flatMap(([, prefix = '', from, to]) => spread(prefix, from, to))
  const rows = [...text.matchAll(rowed)].flatMap(([, prefix = '', from, to]) => spread(`${prefix} `, from, to))
  return [...numbers, ...rows]
}

function spread(prefix: string, from = '', to = from): string[] {
  const count = Math.max(1, Number(to) - Number(from) + 1)
  return Array.from({ length: count }, (_, index) => `${prefix}${Number(from) + index}`)
}

/** Numbers that no test carries and that nothing is said about. */
export function untested(tests: NumberedTests): string[] {
  return chapters
    .flatMap(({ requirements }) => requirements)
    .filter(({ number, struck }) => struck === undefined && !tests.has(number))
    .map(({ number }) => number)
}

/** `docs/conformance.md`. */
export function conformancePage(tests: NumberedTests): string {
  const parts = chapters.map((chapter) => chapterText(chapter, tests))
  return `# Conformance and faults, number by number

Made from the names of the tests: \`npm run docs\`. Each number is a requirement of a TAXII or STIX specification, a habit of real
servers, a row of what is known of Director, or a fault that has to be survived. What has no test says why.

${parts.join('\n')}`
}

function chapterText({ title: heading, requirements }: Chapter, tests: NumberedTests): string {
  const rows = requirements.map(
    (requirement) => `| ${requirement.number} | ${requirement.about} | ${shownBy(requirement, tests)} |`,
  )
  return `## ${heading}\n\n| number | about | shown by |\n| --- | --- | --- |\n${rows.join('\n')}\n`
}

function shownBy({ number, struck }: Requirement, tests: NumberedTests): string {
  if (struck !== undefined) return `not here: ${struck}`
  const files = tests.get(number) ?? []
  return files.length === 0
    ? 'nothing yet'
    : files.map((file) => `[${file.slice('test/'.length)}](../${file})`).join(', ')
}
