import { Command as Program, CommanderError } from 'commander'
import { exitStatusOfKind, StixTaxiiError } from '../core/errors.ts'
import { collectInput, helpHint } from './command-input.ts'
import type { Command, CommandRow } from './command.ts'
import { declareInput, optionTerm } from './declare-input.ts'
import type { Environment } from './environment.ts'
import { fold, foldWords } from './fold.ts'
import { declareGlobalFlags, resolveGlobalOptions } from './global-flags.ts'
import { formatItem, widestHelp } from './help-layout.ts'
import { commandGroups } from './registry.ts'
import type { GlobalOptions } from './runtime.ts'
import { showTyped } from './show-typed.ts'
import { version } from './version.ts'

/** What a command line asks for: a text to show, or a command to run with what was typed. */
export type Parsed =
  | { readonly asks: 'text'; readonly text: string }
  | {
      readonly asks: 'command'
      readonly command: Command
      readonly options: GlobalOptions
      readonly typed: Readonly<Record<string, unknown>>
      readonly outputTyped: boolean
    }

export interface ParseContext {
  readonly rows: readonly CommandRow[]
  readonly environment: Environment
  /** Columns of standard output. */
  readonly columns: number
}

/**
 * Reads a command line. Only the named command's module is loaded.
 * @throws CLI_* (usage)
 */
export async function parseCommandLine(argv: readonly string[], context: ParseContext): Promise<Parsed> {
  const words = helpAsFlag(argv, context.rows)
  let text = ''
  let parsed: Parsed | undefined
  const program = buildProgram(context, (chunk) => (text += chunk))
  const leaves = new Map<Program, CommandRow>()
  const load = async (_: Program, named: Program): Promise<void> => {
    const row = leaves.get(named)
    if (row === undefined) return
    const command = await row.load()
    declareCommand(named, command, widthOf(context))
    named.action(() => {
      const options = resolveGlobalOptions(program, context.environment)
      const typed = collectInput(named, command, context.environment)
      const outputTyped = program.getOptionValueSource('output') === 'cli'
      parsed = { asks: 'command', command, options, typed, outputTyped }
    })
  }
  addRows(program, context.rows, leaves, load)
  try {
    await program.parseAsync([...words], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return { asks: 'text', text: settle(error, program, words, text) }
  }
  return parsed ?? { asks: 'text', text }
}

/** `help` is `--help`, `help fetch` is `fetch --help`; other words after `help` are topics. */
function helpAsFlag(argv: readonly string[], rows: readonly CommandRow[]): readonly string[] {
  const at = argv.indexOf('help')
  const path = argv.slice(at + 1).filter((word) => !word.startsWith('-'))
  const before = argv.slice(0, at)
  if (at < 0 || before.some((word) => !word.startsWith('-'))) return argv
  if (path.length === 0) return argv.length === at + 1 ? [...before, '--help'] : argv
  // What follows a command (a kind, a profile) is no part of the question.
  for (let words = path; words.length > 0; words = words.slice(0, -1)) {
    const name = words.join(' ')
    const isLeaf = rows.some((row) => row.path === name)
    const isGroup = words === path && rows.some((row) => row.path.startsWith(`${name} `))
    if (isLeaf || isGroup) return [...before, ...words, '--help']
  }
  return argv
}

function buildProgram(context: ParseContext, write: (text: string) => void): Program {
  const program = new Program('stixtaxii')
  program
    .description('Fetch threat intelligence from TAXII servers, exactly once, and hand it on.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: write,
      // Usage errors are told by report-error.
      writeErr: () => undefined,
      outputError: () => undefined,
      getOutHelpWidth: () => widthOf(context),
      getOutHasColors: () => false,
    })
    .configureHelp({
      showGlobalOptions: true,
      minWidthToWrap: 20,
      formatItem,
      optionTerm,
      subcommandTerm: (command) => command.name(),
      commandUsage: (command) =>
        foldWords(
          `stixtaxii ${pathOf(command)} ${command.usage()}`.replace(/ {2,}/g, ' '),
          widthOf(context) - usageWord.length,
          ' '.repeat(usageWord.length),
        ),
    })
    .addHelpText('after', fold(rootNotes, widthOf(context)))
  declareGlobalFlags(program)
  return program
}

const rootNotes = `
Help on one command:  stixtaxii help fetch
Topics:               stixtaxii help exit-codes | environment | formats`

/** What commander writes before the usage. */
const usageWord = 'Usage: '

function widthOf({ columns }: ParseContext): number {
  return widestHelp(columns)
}

function addRows(
  program: Program,
  rows: readonly CommandRow[],
  leaves: Map<Program, CommandRow>,
  load: (parent: Program, named: Program) => Promise<void>,
): void {
  program.hook('preSubcommand', load)
  const groups = new Map<string, Program>([['', program]])
  for (const row of rows) {
    const words = row.path.split(' ')
    let parent = program
    for (let depth = 1; depth < words.length; depth += 1) {
      const path = words.slice(0, depth).join(' ')
      const existing = groups.get(path)
      const group = existing ?? parent.command(words[depth - 1] ?? '').hook('preSubcommand', load)
      if (existing === undefined) group.description(commandGroups[path] ?? '').helpCommand(false)
      groups.set(path, group)
      parent = group
    }
    const leaf = parent.command(words.at(-1) ?? '', { hidden: row.hidden ?? false })
    leaves.set(leaf.summary(row.summary).helpCommand(false), row)
  }
}

function declareCommand(program: Program, command: Command, columns: number): void {
  program.description(command.details ? `${command.summary}\n\n${command.details}` : command.summary)
  declareInput(program, command)
  program.addHelpText('after', () => notesAfter(command, (text) => program.createHelp().boxWrap(text, columns)))
}

function notesAfter(command: Command, wrap: (text: string) => string): string {
  const statuses = Object.entries(exitStatusOfKind)
    .map(([kind, status]) => `${status} ${kind}`)
    .join(', ')
  return [
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
    ...(command.schema ? [wrap(`-o json is described by schemas/${command.schema}.json`), ''] : []),
    wrap(`Exit status: 0 done, ${statuses}`),
    wrap('What they mean: stixtaxii help exit-codes'),
  ].join('\n')
}

function pathOf(command: Program): string {
  const names: string[] = []
  for (let at: Program | null = command; at?.parent; at = at.parent) names.unshift(at.name())
  return names.join(' ')
}

/** Help and version are texts; everything else that commander stops for is a usage error of ours. */
function settle(error: CommanderError, program: Program, words: readonly string[], text: string): string {
  if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return text
  const named = deepest(program, words)
  if (error.code !== 'commander.help') throw usageError(error, named)
  if (named === program) return program.helpInformation() + rootNotes + '\n'
  const verbs = named.commands.map((command) => command.name()).join(', ')
  throw new StixTaxiiError('CLI_COMMAND_MISSING', `"stixtaxii ${pathOf(named)}" needs one of: ${verbs}`, {
    kind: 'usage',
    hint: helpHint(pathOf(named)),
  })
}

function deepest(program: Program, words: readonly string[]): Program {
  let at = program
  for (const word of words) at = at.commands.find((command) => command.name() === word) ?? at
  return at
}

/** What a group has, where the word after it is none of that; the program's own list is too long for a line. */
function verbsOf(error: CommanderError, named: Program): string | undefined {
  if (error.code !== 'commander.unknownCommand' || named.parent === null) return undefined
  return `It has: ${named.commands.map((command) => command.name()).join(', ')}.`
}

/**
 * The parser's fault in our words. Of a word that was not understood only what stands before an equals sign is repeated:
 * what follows may be a password in the wrong place.
 */
function usageError(error: CommanderError, named: Program): StixTaxiiError {
  const path = pathOf(named)
  const [sentence = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const word = showTyped((/'([^']*)'/.exec(sentence)?.[1] ?? '').replace(/^(--?[\w-]+)=[^]*/, '$1'))
  const fromFile = named.options.find((option) => option.long === `${word}-file`)?.long
  const missing =
    error.code === 'commander.missingArgument' && named.registeredArguments.find((at) => at.name() === word)
  const about = missing && missing.description !== '' ? `It is: ${missing.description}.` : undefined
  const isNearFile = /^--[\w-]+-file$/.test(word) && named.options.some((option) => option.long === '--file')
  const said = fromFile
    ? `A secret is never an argument: use ${fromFile}.`
    : (about ?? suggestion?.replace(/^\(|\)$/g, '') ?? (isNearFile ? 'Did you mean --file?' : verbsOf(error, named)))
  const details = { kind: 'usage', hint: [said, helpHint(path)].filter(Boolean).join(' ') } as const
  switch (error.code) {
    case 'commander.unknownCommand':
      return new StixTaxiiError('CLI_COMMAND_UNKNOWN', `There is no command "${`${path} ${word}`.trim()}"`, details)
    case 'commander.unknownOption':
      return new StixTaxiiError('CLI_FLAG_UNKNOWN', `There is no flag ${word}`, details)
    case 'commander.missingArgument':
      return new StixTaxiiError('CLI_ARGUMENT_MISSING', `Argument ${word} is missing`, details)
    case 'commander.excessArguments':
      return new StixTaxiiError('CLI_ARGUMENT_EXTRA', `These are more arguments than "${path}" takes`, details)
    case 'commander.optionMissingArgument':
      return new StixTaxiiError('CLI_FLAG_VALUE_MISSING', `Flag ${word} needs a value`, details)
    default:
      return new StixTaxiiError('CLI_USAGE', `The command line is wrong: ${showTyped(sentence)}`, details)
  }
}
