import type { MutationFigures } from './figures.ts'
import type { MutationGroup } from './groups.ts'

/** One row of the table: a group as it was measured. */
export interface MutationRow {
  readonly group: Pick<MutationGroup, 'name' | 'title'>
  readonly figures: MutationFigures
  /** `YYYY-MM-DD`. */
  readonly date: string
  /** Without any path. */
  readonly command: string
}

const begin = '<!-- figures: written by npm run mutate -->'
const end = '<!-- end of figures -->'
const head = [
  '| Group | Mutants | Killed | Timed out | Survived | Not run | Score | Measured | Command |',
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |',
]

/**
 * The page with these rows in the place of those of the same groups; other groups keep theirs, in the order of `groups`.
 * Throws an Error when the page has no place for figures.
 */
export function pageWithFigures(
  page: string,
  rows: readonly MutationRow[],
  groups: readonly Pick<MutationGroup, 'title'>[],
): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page has no lines ${begin} and ${end}`)
  const lines = new Map<string, string>()
  for (const line of page.slice(from, to).split('\n')) lines.set(titleIn(line), line)
  for (const row of rows) lines.set(row.group.title, lineOf(row))
  const kept = groups.flatMap(({ title }) => lines.get(title) ?? [])
  return `${page.slice(0, from)}${[begin, '', ...head, ...kept, '', ''].join('\n')}${page.slice(to)}`
}

function titleIn(line: string): string {
  return line.split('|')[1]?.trim() ?? ''
}

function lineOf({ group, figures, date, command }: MutationRow): string {
  const { mutants, killed, timeout, survived, noCoverage, score } = figures
  const cells = [group.title, mutants, killed, timeout, survived, noCoverage, `${score.toFixed(1)} %`, date]
  return `| ${[...cells, `\`${command}\``].join(' | ')} |`
}
