import { Option, type Command as Program } from 'commander'
import { durationMs, parseDuration } from '../core/duration.ts'
import { StixTaxiiError } from '../core/errors.ts'
import { outputFormats, type OutputFormat } from '../output/writer.ts'
import { environmentName, environmentSwitch, type Environment } from './environment.ts'
import type { GlobalOptions } from './runtime.ts'
import { showTyped } from './show-typed.ts'

const colorModes = ['auto', 'always', 'never'] as const

/** Flags of every command, as `help` shows them. Each is also read from `STIXTAXII_` and its name. */
export const globalFlags: readonly { readonly flags: string; readonly about: string }[] = [
  { flags: '-o, --output <FORMAT>', about: `how data is written: ${outputFormats.join(', ')} (default table)` },
  { flags: '--profile <NAME>', about: 'the profile to use, where a command uses one' },
  { flags: '-q, --quiet', about: 'say nothing but data and errors' },
  { flags: '-v, --verbose', about: 'say more about what is done' },
  { flags: '--color <WHEN>', about: 'colours: auto, always, never (default auto; NO_COLOR is respected)' },
  { flags: '--no-input', about: 'never ask; what would be asked is an error' },
  { flags: '--yes', about: 'answer yes where a confirmation would be asked' },
  {
    flags: '--store <URL>',
    about: 'the store: a file, sqlite:FILE, postgres://USER@HOST/DATABASE or memory: (default: in the data folder)',
  },
  { flags: '--store-password-file <FILE>', about: 'file whose first line is the password of --store postgres://...' },
  { flags: '--state <FILE>', about: 'state of desired-state commands (default: in the data folder)' },
  { flags: '--lock-timeout <D>', about: 'how long to wait for another process, as 30s, 5m, 1h (default 10s)' },
  { flags: '--trace-http <FILE>', about: 'append every request and answer, without secrets, as JSON lines' },
  { flags: '--passphrase-file <FILE>', about: 'file whose first line opens the sealed credential store' },
  { flags: '--debug', about: 'show where in the program an error arose' },
]

/** Long names of the global flags, without dashes. */
export const globalFlagNames: readonly string[] = globalFlags.map(
  ({ flags }) => /--(?:no-)?([a-z-]+)/.exec(flags)?.[1] ?? flags,
)

export function declareGlobalFlags(program: Program): void {
  for (const { flags, about } of globalFlags) program.addOption(new Option(flags, about))
}

/**
 * Weighs flag, environment and default; a profile's own settings are weighed where the profile is read.
 * @throws CLI_FLAG_INVALID, CLI_VARIABLE_INVALID (usage) naming where the wrong value stands.
 */
export function resolveGlobalOptions(program: Program, environment: Environment): GlobalOptions {
  const typed = program.opts<Record<string, unknown>>()
  const isTyped = (key: string): boolean => program.getOptionValueSource(key) === 'cli'
  const value = (key: string, flag: string): Given | undefined => {
    if (isTyped(key)) return { text: String(typed[key]), where: `--${flag}` }
    const text = environment[environmentName(flag)]
    return text === undefined || text === '' ? undefined : { text, where: environmentName(flag) }
  }
  const isOn = (key: string): boolean => isTyped(key) || (environmentSwitch(environmentName(key), environment) ?? false)
  return {
    output: choice(value('output', 'output'), outputFormats) ?? 'table',
    profile: value('profile', 'profile')?.text,
    quiet: isOn('quiet'),
    verbose: isOn('verbose'),
    color: choice(value('color', 'color'), colorModes) ?? (environment.NO_COLOR ? 'never' : 'auto'),
    input: !isTyped('input') && !(environmentSwitch('STIXTAXII_NO_INPUT', environment) ?? false),
    yes: isOn('yes'),
    store: value('store', 'store')?.text,
    storePasswordFile: value('storePasswordFile', 'store-password-file')?.text,
    state: value('state', 'state')?.text,
    lockTimeoutMs: span(value('lockTimeout', 'lock-timeout')) ?? 10_000,
    traceHttp: value('traceHttp', 'trace-http')?.text,
    passphraseFile: value('passphraseFile', 'passphrase-file')?.text,
    debug: isOn('debug'),
  }
}

interface Given {
  readonly text: string
  /** The flag or variable it came from. */
  readonly where: string
}

function choice<T extends string>(given: Given | undefined, choices: readonly T[]): T | undefined {
  if (given === undefined) return undefined
  const found = choices.find((candidate) => candidate === given.text)
  if (found !== undefined) return found
  throw wrong(given, `Use one of: ${choices.join(', ')}`)
}

/** Seconds and minutes are for waiting only; windows of intelligence have hours and more. */
function span(given: Given | undefined): number | undefined {
  if (given === undefined) return undefined
  const short = /^(\d{1,9})\s*(ms|s|m)?$/.exec(given.text.trim())
  if (short) return Number(short[1]) * { ms: 1, s: 1000, m: 60_000 }[(short[2] ?? 's') as 'ms' | 's' | 'm']
  const long = parseDuration(given.text)
  if (long) return durationMs(long)
  throw wrong(given, 'Write a time span: 30s, 5m, 1h.')
}

function wrong(given: Given, hint: string): StixTaxiiError {
  const shown = showTyped(given.text)
  return new StixTaxiiError('CLI_FLAG_INVALID', `${given.where} "${shown}" is not valid`, {
    kind: 'usage',
    hint,
    context: { flag: given.where, value: shown },
  })
}

/** The format errors are told in, found without a parser, since the error may come before the flag is reached. */
export function peekOutputFormat(argv: readonly string[], environment: Environment): OutputFormat {
  let found: string | undefined
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? ''
    if (word === '--') break
    if (word === '-o' || word === '--output') found = argv[(index += 1)]
    else if (word.startsWith('--output=')) found = word.slice('--output='.length)
    else if (/^-[qv]*o=?./.test(word)) found = word.replace(/^-[qv]*o=?/, '')
  }
  found ??= environment.STIXTAXII_OUTPUT
  return outputFormats.find((format) => format === found) ?? 'table'
}
