import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
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

  const pages = ['README.md', 'SECURITY.md', ...readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)]
  it.each(pages.filter((name) => name.endsWith('.md')))('%s only shows commands that exist and parse', async (name) => {
    const text = readFileSync(path.join(root, name), 'utf8')
    for (const line of commandsShownBy(text)) {
      for (const argv of ownCommands(line)) {
        const parsed = await parseCommandLine(argv, { rows: commandRegistry, environment: {}, columns: 80 })
        if (parsed.asks !== 'command') continue
        await expect(readInput(parsed.command, parsed.typed), line).resolves.toBeDefined()
      }
    }
  })
})

describe('the recipes for pipelines', () => {
  it.each(['examples/github/stixtaxii.yml', 'examples/gitlab/.gitlab-ci.yml'])(
    '%s is YAML, runs what is there and commands that parse without a terminal',
    async (name) => {
      const texts = textsIn(parse(readFileSync(path.join(root, name), 'utf8')))
      const commands = texts.flatMap(ownCommands).filter((argv) => argv.length > 0)
      expect(commands.map(([verb]) => verb).sort()).toEqual(['drift', 'plan'])
      for (const argv of commands) {
        const parsed = await parseCommandLine(argv, { rows: commandRegistry, environment: {}, columns: 80 })
        if (parsed.asks !== 'command') throw new TypeError(argv.join(' '))
        await expect(readInput(parsed.command, parsed.typed), argv.join(' ')).resolves.toBeDefined()
        expect(argv).toContain('--no-input')
      }
      const scripts = texts.flatMap((text) =>
        [...text.matchAll(/\bsh (examples\/\S+)/g)].map(([, script = '']) => script),
      )
      expect(scripts).toEqual(['examples/pipeline.sh'])
      for (const script of scripts) expect(existsSync(path.join(root, script))).toBe(true)
      // A state that others can read is refused, and caches change modes: each recipe closes it before its own commands.
      const planned = texts.findIndex((text) => text.includes('stixtaxii plan'))
      expect(texts.slice(0, planned + 1).join('\n')).toMatch(/chmod -R go= state[^]*stixtaxii plan/)
    },
  )
})

describe('hints', () => {
  it('name commands that exist', () => {
    const paths = commandRegistry.map((row) => row.path)
    const source = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    const named = source
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [
        ...readFileSync(path.join(root, 'src', file), 'utf8').matchAll(/: stixtaxii ([a-z][a-z -]*[a-z])/g),
      ])
      .map(([, words = '']) => words)
    expect(named.length).toBeGreaterThan(30)
    expect(named.filter((words) => !paths.some((name) => `${words} `.startsWith(`${name} `)))).toEqual([])
  })
})

/** Every text in a tree, in its order. */
function textsIn(tree: unknown): string[] {
  if (typeof tree === 'string') return [tree]
  return typeof tree === 'object' && tree !== null ? Object.values(tree).flatMap(textsIn) : []
}

/** Lines of fenced blocks, and code within a sentence; names of several commands at once (`a b|c`, `...`) are none. */
function commandsShownBy(text: string): string[] {
  const blocks = [...text.matchAll(/```(?:sh|console|bash)?\n([^]*?)```/g)].map(([, block = '']) => block)
  const lines = blocks.join('\n').replaceAll('\\\n', ' ').split('\n')
  const shown = lines.filter((one) => /^(\$ )?([A-Z_]+=\S+ +)*stixtaxii /.test(one.trim()))
  const inline = [...text.replace(/```[^]*?```/g, '').matchAll(/`(stixtaxii [^`]+)`/g)].map(([, code = '']) => code)
  return [
    ...shown.map((line) => line.trim().replace(/^\$ /, '')),
    ...inline.filter((code) => !/\w\|\w|\.\.\./.test(code)),
  ]
}

/** Our commands in a line of shell, without the program's name, redirections and what follows a pipe of others. */
function ownCommands(line: string): string[][] {
  return shellWords(line)
    .filter(([first]) => first === 'stixtaxii')
    .map((words) => words.slice(1))
}
