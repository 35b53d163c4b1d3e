import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandRegistry } from '../src/cli/registry.ts'
import { inputFields } from '../src/cli/input-fields.ts'
import { parseCommandLine } from '../src/cli/program.ts'
import { helpTopics } from '../src/cli/help-topics.ts'
import { readInput } from '../src/cli/command-input.ts'
import { exitStatusOfKind } from '../src/core/errors.ts'
import { readCatalogue } from '../tools/docs/error-catalogue.ts'
import { errorPage } from '../tools/docs/error-page.ts'
import { runCli } from './support/run-cli.ts'
import { shellWords } from './support/shell-words.ts'

const root = path.resolve(import.meta.dirname, '..')
const rows = commandRegistry.map((row) => [row.path, row] as const)

describe('the documentation of commands', () => {
  it.each(rows)('%s has help with examples, and every flag and argument is described', async (name, row) => {
    const { exitCode, stdout, stderr } = await runCli(`${name} --help`)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain(`Usage: stixtaxii ${name}`)
    const command = await row.load()
    expect(command.examples.length).toBeGreaterThan(0)
    for (const example of command.examples) expect(stdout).toContain(example)
    expect(
      inputFields(command)
        .filter((field) => field.description === '')
        .map((field) => field.key),
    ).toEqual([])
    // Sentences for lists: no full stop, begins with a capital.
    expect(command.summary).toMatch(/^[A-Z].*[^.]$/)
  })

  const examples = commandRegistry.map((row) => [row.path, row] as const)
  it.each(examples)('the examples of %s are right', async (name, row) => {
    for (const example of (await row.load()).examples) {
      for (const line of ownCommands(example)) {
        const parsed = await parseCommandLine(line, { rows: commandRegistry, environment: {}, columns: 80 })
        if (parsed.asks === 'text') continue
        await expect(readInput(parsed.command, parsed.typed), example).resolves.toBeDefined()
        expect(name === 'help' || example.includes(parsed.command.path.split(' ')[0] ?? '')).toBe(true)
      }
    }
  })
})

describe('the documentation of errors', () => {
  const catalogue = readCatalogue(root)

  it('names every code where the error is made, with its kind', () => {
    const wrong = catalogue.errors.filter(
      (site) => site.codes.length === 0 || site.kinds.some((kind) => !(kind in exitStatusOfKind)),
    )
    expect(wrong.map((site) => `${site.file}: ${site.message}`)).toEqual([])
  })

  it('is made from the source: npm run docs', () => {
    expect(readFileSync(path.join(root, 'docs', 'errors.md'), 'utf8')).toBe(errorPage(catalogue))
  })

  it('explains every exit status', () => {
    const text = helpTopics['exit-codes']?.() ?? ''
    for (const [kind, status] of Object.entries(exitStatusOfKind))
      expect(text).toMatch(new RegExp(` ${status}  ${kind} `))
    for (const status of ['129', '130', '143']) expect(text).toContain(status)
  })
})

describe('the other documents', () => {
  it('name no place of the machine they were written on', () => {
    for (const file of ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/glossary.md']) {
      expect(readFileSync(path.join(root, file), 'utf8'), file).not.toMatch(/\/work\/|\/tmp\/team/)
    }
  })

  it('list the version that is released in the changelog', () => {
    expect(readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8')).toContain('## Unreleased')
  })

  it('only show commands in the README that exist and parse', async () => {
    const readme = readFileSync(path.join(root, 'README.md'), 'utf8')
    const blocks = [...readme.matchAll(/```(?:sh|console|bash)?\n([^]*?)```/g)].map(([, block = '']) => block)
    const lines = blocks.join('\n').replaceAll('\\\n', ' ').split('\n')
    for (const line of lines.filter((one) => /^\$? ?stixtaxii /.test(one.trim()))) {
      for (const argv of ownCommands(line.trim().replace(/^\$ /, ''))) {
        const parsed = await parseCommandLine(argv, { rows: commandRegistry, environment: {}, columns: 80 })
        if (parsed.asks === 'command')
          await expect(readInput(parsed.command, parsed.typed), line).resolves.toBeDefined()
      }
    }
  })
})

/** Our commands in a line of shell, without the program's name, redirections and what follows a pipe of others. */
function ownCommands(line: string): string[][] {
  return shellWords(line)
    .filter(([first]) => first === 'stixtaxii')
    .map((words) => words.slice(1))
}
