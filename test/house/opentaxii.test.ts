import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
const text = readFileSync(path.join(root, 'docs/opentaxii.md'), 'utf8')
const rows = [...text.matchAll(/^\| `([^`]+)` \| `([^`]+)` \| .* \| `([^`]+)` \|$/gm)].map(
  ([, theirs = '', ours = '', test = '']) => ({ theirs, ours, test }),
)
const tests = ['test', 'src/serve/contracts']
  .flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
      path.join(root, folder, file),
    ),
  )
  .filter((file) => file.endsWith('.ts') && !file.endsWith('house/opentaxii.test.ts'))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n')
const sources = ['taxii1-persistence', 'taxii2-persistence', 'authentication', 'signals']
  .map((name) => readFileSync(path.join(root, `src/serve/${name}.ts`), 'utf8'))
  .join('\n')

describe("the table of OpenTAXII's operations", () => {
  it('has all 25 and 13 of the persistences, seven of the authentication and three signals', () => {
    // Besides: each persistence is opened and closed, and TAXII 2 has signals of its own.
    expect(rows).toHaveLength(25 + 13 + 7 + 4)
  })

  it.each(rows.map((row) => [row.theirs, row] as const))(
    '%s is there, and the test that shows it',
    (_name, { ours, test }) => {
      const names = ours.split(', ').filter((name) => /^[A-Za-z_]+$/.test(name) && name !== 'open')
      expect(names.filter((name) => !sources.includes(name))).toEqual([])
      const [quoted] = [test.replaceAll("'", "\\'")]
      expect(tests.includes(test) || tests.includes(quoted)).toBe(true)
    },
  )
})
