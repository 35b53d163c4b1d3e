import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { numbersIn, titlesIn } from './conformance-page.ts'
import { directorFaults } from './faults/director.ts'
import type { Fault } from './faults/fault.ts'
import { machineFaults } from './faults/machine.ts'
import { networkFaults } from './faults/network.ts'
import { serverFaults } from './faults/server.ts'
import { taxiiFaults } from './faults/taxii.ts'
import { chapters, type Chapter } from './requirements.ts'

/** Every named fault, by row. */
export const faults: readonly Fault[] = [
  ...networkFaults,
  ...taxiiFaults,
  ...machineFaults,
  ...directorFaults,
  ...serverFaults,
]

/** The chapters of the fault matrix. */
export const faultChapters: readonly Chapter[] = chapters.filter(({ requirements }) =>
  requirements.every(({ number }) => /^[NTLDE]\d+$/.test(number)),
)

/** A test file as far as faults are concerned. */
interface TestFile {
  readonly name: string
  readonly titles: readonly string[]
  /** The numbers that a name in it carries. */
  readonly rows: ReadonlySet<string>
  readonly source: string
}

/** The test files below `test/`, suites too. */
export function readTestFiles(root: string): readonly TestFile[] {
  return readdirSync(path.join(root, 'test'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(\.test|-suite)\.ts$/.test(entry.name))
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name)
      const source = readFileSync(file, 'utf8')
      const titles = titlesIn(source)
      const name = path.relative(root, file).replaceAll(path.sep, '/')
      return { name, titles, rows: new Set(titles.flatMap(numbersIn)), source }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The files whose tests show a fault: a name has its words, and that name or one around it has the number of the row. */
export function filesThatShow(fault: Fault, files: readonly TestFile[]): readonly string[] {
  const { row, test } = fault
  if (test === undefined) return []
  return files
    .filter(({ rows, titles }) => rows.has(row) && titles.some((title) => title.includes(test)))
    .map(({ name }) => name)
}

/** Faults that no test shows and that nothing is said about, as `L3 a full disk`. */
export function unshown(files: readonly TestFile[]): string[] {
  return faults
    .filter((fault) => fault.struck === undefined && filesThatShow(fault, files).length === 0)
    .map(({ row, about }) => `${row} ${about}`)
}

/** `docs/faults.md`. */
export function faultPage(files: readonly TestFile[]): string {
  const counted = faults.filter(({ struck }) => struck === undefined).length
  return `# Faults that are survived

Made from the names of the tests: \`npm run docs\`. ${counted} named faults in ${new Set(faults.map(({ row }) => row)).size} rows. \`npm run faults\` does
each and says what was seen; \`npm run faults -- L3 D4\` those rows; with \`--slow\` also those that need more than Node: real
proxies, PostgreSQL, a small file system, another user (marked *slow*). After a fault the store verifies, the checkpoint is not
ahead of the data, the next run completes the set, there is one error record of the right kind, no stack trace and no secret.

${faultChapters.map((chapter) => chapterText(chapter, files)).join('\n')}`
}

function chapterText({ title, requirements }: Chapter, files: readonly TestFile[]): string {
  const parts = requirements.map(({ number, about, struck }) => {
    const head = `### ${number}: ${about}\n\n`
    if (struck !== undefined) return `${head}Not here: ${struck}\n`
    const rows = faults
      .filter(({ row }) => row === number)
      .map((fault) => `| ${fault.about} | ${shownBy(fault, files)} |`)
    return `${head}| fault | shown by |\n| --- | --- |\n${rows.join('\n')}\n`
  })
  return `## ${title}\n\n${parts.join('\n')}`
}

function shownBy(fault: Fault, files: readonly TestFile[]): string {
  if (fault.struck !== undefined) return `not here: ${fault.struck}`
  const shown = filesThatShow(fault, files).map((file) => {
    const isSlow = file.startsWith('test/slow/')
    return `[${file.slice('test/'.length)}](../${file})${isSlow ? ' *slow*' : ''}`
  })
  return shown.join(', ') || 'nothing yet'
}
