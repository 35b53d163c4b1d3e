import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { aPackage } from '../stix/stix1/a-package.ts'
import { schemaProblems } from '../support/json-schema.ts'
import { runCli, temporaryFolder } from '../support/run-cli.ts'

const observed = (id: string, second: number, value: string) => ({
  type: 'observed-data',
  id: `observed-data--${id}`,
  created: '2026-01-01T00:00:00Z',
  modified: '2026-01-01T00:00:00Z',
  first_observed: `2026-01-01T00:00:0${second}Z`,
  last_observed: `2026-01-01T00:00:0${second}Z`,
  number_observed: 1,
  objects: { 0: { type: 'ipv4-addr', value } },
})

/** A folder with observed data in two files, in two forms. */
function aFolder(): string {
  const folder = temporaryFolder()
  const bundle = {
    type: 'bundle',
    id: 'bundle--1',
    objects: [observed('a', 1, '192.0.2.1'), observed('b', 3, '192.0.2.2')],
  }
  writeFileSync(path.join(folder, 'one.json'), JSON.stringify(bundle))
  writeFileSync(path.join(folder, 'two.ndjson'), `${JSON.stringify(observed('c', 5, '192.0.2.1'))}\n`)
  return folder
}

const leaf = "[ipv4-addr:value = '192.0.2.1']"

describe('pattern match', () => {
  it('says what it did not look at: bare observables, other objects, STIX 1', async () => {
    const cwd = aFolder()
    const bare = { type: 'ipv4-addr', id: 'ipv4-addr--1', value: '192.0.2.1' }
    writeFileSync(path.join(cwd, 'bare.json'), JSON.stringify({ type: 'bundle', objects: [bare] }))
    writeFileSync(path.join(cwd, 'old.xml'), aPackage(''))
    const { stdout } = await runCli(['pattern', 'match', leaf, 'bare.json', 'old.xml', '-o', 'json'], { cwd })
    const { matched, notes } = JSON.parse(stdout) as { matched: boolean; notes: readonly string[] }
    expect(matched).toBe(false)
    expect(notes).toEqual([
      expect.stringContaining('1 STIX 1 documents'),
      '1 other objects are no observed data and were not looked at',
    ])
  })

  it('says that a pattern matches, and which observed data it was bound to', async () => {
    const cwd = aFolder()
    const argv = [
      'pattern',
      'match',
      `${leaf} REPEATS 2 TIMES WITHIN 4 SECONDS`,
      'one.json',
      'two.ndjson',
      '-o',
      'json',
    ]
    const { exitCode, stdout, stderr } = await runCli(argv, { cwd })
    const record: unknown = JSON.parse(stdout)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(schemaProblems('pattern-match', record)).toEqual([])
    const at = (second: number) => ({
      firstObserved: `2026-01-01T00:00:0${second}.000000Z`,
      lastObserved: `2026-01-01T00:00:0${second}.000000Z`,
    })
    expect(record).toEqual({
      matched: true,
      observations: 3,
      bound: [
        { id: 'observed-data--a', ...at(1), numberObserved: 1 },
        { id: 'observed-data--c', ...at(5), numberObserved: 1 },
      ],
      notes: [],
    })
  })

  it('ends with 0 when nothing matches, and with 5 when --exit-code is given', async () => {
    const cwd = aFolder()
    const argv = ['pattern', 'match', `${leaf} REPEATS 3 TIMES`, 'one.json', 'two.ndjson']
    const plain = await runCli([...argv, '-o', 'json'], { cwd })
    expect(plain.exitCode).toBe(0)
    expect(JSON.parse(plain.stdout)).toMatchObject({ matched: false, bound: [] })
    const strict = await runCli([...argv, '--exit-code'], { cwd })
    expect(strict.exitCode).toBe(5)
    expect(strict.stdout).toContain('false')
    expect(strict.stderr).toContain('matches none of 3 observed data')
  })

  it('reads the pattern from a file or standard input', async () => {
    const cwd = aFolder()
    writeFileSync(path.join(cwd, 'pattern.txt'), `${leaf}\n`)
    const fromFile = await runCli('pattern match --pattern-file pattern.txt one.json two.ndjson -o name', { cwd })
    expect(fromFile).toEqual({ exitCode: 0, stdout: 'true\n', stderr: '' })
    const fromInput = await runCli('pattern match --pattern-file - one.json -o name', { cwd, stdin: leaf })
    expect(fromInput.stdout).toBe('true\n')
  })

  it('tells what could not be run', async () => {
    const { stdout } = await runCli(
      ['pattern', 'match', "[ipv4-addr:value MATCHES '(?=1)']", 'one.json', '-o', 'json'],
      { cwd: aFolder() },
    )
    expect(JSON.parse(stdout)).toMatchObject({ matched: false, notes: [expect.stringContaining('looks around')] })
  })

  it.each([
    ['pattern match', 'CLI_PATTERN_MISSING'],
    [`pattern match [x]`, 'CLI_PATTERN_INVALID'],
    ['pattern match [a:b=1]', 'CLI_PATTERN_NO_FILE'],
  ])('%s is a usage error: %s', async (line, code) => {
    const { exitCode, stderr } = await runCli(`${line} -o json`, { cwd: aFolder() })
    expect(exitCode).toBe(2)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code } })
  })

  it('a file that is not there is not found', async () => {
    const { exitCode, stderr } = await runCli('pattern match [a:b=1] missing.json', { cwd: aFolder() })
    expect(exitCode).toBe(5)
    expect(stderr).toContain('missing.json does not exist')
  })
})

describe('pattern check', () => {
  it('PAT-12: shows the level, sound values, hints, and what gives no value', async () => {
    const pattern =
      "[domain-name:value = 'Bad.example' OR file:name LIKE 'x%'] OR ([file:name = 'a'] AND [file:name = 'b'])"
    const { exitCode, stdout } = await runCli(['pattern', 'check', pattern, '-o', 'json'])
    const record: unknown = JSON.parse(stdout)
    expect(exitCode).toBe(0)
    expect(schemaProblems('pattern-check', record)).toEqual([])
    expect(record).toEqual({
      valid: true,
      level: 2,
      sound: [{ kind: 'domain', value: 'bad.example', sound: true, original: 'Bad.example' }],
      hints: [
        { kind: 'file-name', value: 'a', sound: false },
        { kind: 'file-name', value: 'b', sound: false },
      ],
      unused: ['LIKE names no single value'],
    })
  })

  it('PAT-11: names the place of a fault', async () => {
    const { exitCode, stderr } = await runCli(['pattern', 'check', "[file:name = 'a'"])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('The pattern is invalid at character 17: the end where AND, OR or ] was expected')
  })

  it('takes one pattern', async () => {
    const { exitCode, stderr } = await runCli('pattern check [a:b=1] --pattern-file x', { cwd: aFolder() })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('as an argument and with --pattern-file')
  })

  it('knows what STIX 2.0 does not', async () => {
    expect((await runCli(['pattern', 'check', '[EXISTS a:b]'])).exitCode).toBe(0)
    expect((await runCli(['pattern', 'check', '[EXISTS a:b]', '--spec-version', '2.0'])).exitCode).toBe(2)
  })
})
