import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { figuresOf, survivorsOf } from '../../tools/mutate/figures.ts'
import { mutationGroups } from '../../tools/mutate/groups.ts'
import { pageWithFigures } from '../../tools/mutate/page.ts'
import type { StrykerMutant } from '../../tools/mutate/stryker.ts'

const aMutant = (status: string): StrykerMutant => ({
  mutatorName: 'EqualityOperator',
  replacement: 'a  <=\n b',
  status,
  location: { start: { line: 2, column: 7 }, end: { line: 2, column: 12 } },
})

describe('npm run mutate', () => {
  it.each(mutationGroups.flatMap(({ parts }) => parts.flatMap(({ files, tests }) => [...files, ...tests])))(
    'finds files where a group names %s',
    (glob) => {
      const names = /\{([^}]*)\}/.exec(glob)?.[1]?.split(',') ?? ['']
      for (const name of names) {
        const wanted = glob.replace(/^!/, '').replace(/\{[^}]*\}/, name)
        const pattern = new RegExp(`^${path.posix.basename(wanted).replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
        expect(readdirSync(path.posix.dirname(wanted)).filter((file) => pattern.test(file))).not.toEqual([])
      }
    },
  )

  it('counts what was noticed of what could run', () => {
    const all = ['Killed', 'Killed', 'Timeout', 'Survived', 'NoCoverage', 'Ignored', 'CompileError'].map(aMutant)
    expect(figuresOf(all)).toEqual({ mutants: 5, killed: 2, survived: 1, noCoverage: 1, timeout: 1, score: 60 })
    expect(figuresOf([aMutant('Ignored')]).score).toBe(0)
  })

  it('names what was not noticed by its place', () => {
    const file = { source: 'first\nif (a < b) x()\n', mutants: [aMutant('Survived'), aMutant('Killed')] }
    expect(survivorsOf({ files: { 'src/a.ts': file } })).toEqual(['src/a.ts:2:7 EqualityOperator: < b)  -> a <= b'])
  })

  it('writes its figures into the page, keeps those of groups that it did not run, and the rest of the page', () => {
    const page = 'before\n<!-- figures: written by npm run mutate -->\n<!-- end of figures -->\nafter\n'
    const groups = [{ title: 'A' }, { title: 'B' }]
    const row = (name: string, mutants: string[]): Parameters<typeof pageWithFigures>[1][number] => ({
      group: { name, title: name },
      figures: figuresOf(mutants.map(aMutant)),
      date: '2026-01-02',
      command: `npm run mutate -- ${name}`,
    })
    const first = pageWithFigures(page, [row('B', ['Killed']), row('A', ['Survived'])], groups)
    const second = pageWithFigures(first, [row('A', ['Killed', 'Killed', 'Survived'])], groups)
    expect(second).toContain('| A | 3 | 2 | 0 | 1 | 0 | 66.6 % | 2026-01-02 | `npm run mutate -- A` |\n| B | 1 | 1 |')
    expect(second.startsWith('before\n')).toBe(true)
    expect(second.endsWith('<!-- end of figures -->\nafter\n')).toBe(true)
    expect(() => pageWithFigures('nothing', [], groups)).toThrow('has no lines')
  })
})
