import { Option, type Command as Program } from 'commander'
import type { z } from 'zod'
import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import { redactUrl } from '../core/redact.ts'
import type { Command } from './command.ts'

/** What a command's input schema says about one flag or argument. */
export interface InputField {
  /** As in the schema: `pageSize`. */
  readonly key: string
  /** As typed: `page-size`. */
  readonly flag: string
  readonly type: 'string' | 'number' | 'boolean'
  readonly repeatable: boolean
  readonly required: boolean
  readonly default: unknown
  readonly choices: readonly string[] | undefined
  readonly description: string
  /** What stands for the value in help; `.meta({ value: 'FILE' })`. */
  readonly placeholder: string
  /** One letter; `.meta({ short: 'f' })`. */
  readonly short: string | undefined
  readonly positional: boolean
  /** Whether `STIXTAXII_...` stands for it; not with `.meta({ environment: false })`. */
  readonly environment: boolean
}

/** The fields of a command in the order of its schema. */
export function inputFields(command: Pick<Command, 'input' | 'positional'>): readonly InputField[] {
  const positional = command.positional ?? []
  return Object.entries(command.input.shape).map(([key, schema]) => {
    const seen = lookThrough(schema as z.core.$ZodType)
    const flag = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    return {
      key,
      flag,
      type: seen.type,
      repeatable: seen.repeatable,
      required: seen.required,
      default: seen.default,
      choices: seen.choices,
      description: seen.description ?? '',
      placeholder:
        seen.placeholder ?? (positional.includes(key) ? flag : (flag.split('-').pop() ?? flag)).toUpperCase(),
      short: seen.short,
      positional: positional.includes(key),
      environment: seen.environment,
    }
  })
}

interface Seen {
  type: InputField['type']
  repeatable: boolean
  required: boolean
  default: unknown
  choices: readonly string[] | undefined
  description: string | undefined
  placeholder: string | undefined
  short: string | undefined
  environment: boolean
}

/** Reads wrappers from the outside in: the outermost description, default and optionality count. */
function lookThrough(schema: z.core.$ZodType): Seen {
  const seen: Seen = {
    type: 'string',
    repeatable: false,
    // zod's ladder: undefined must be given, 'optional' and 'defaulted' need not.
    required: schema._zod.optin === undefined,
    default: undefined,
    choices: undefined,
    description: undefined,
    placeholder: undefined,
    short: undefined,
    environment: true,
  }
  let current: z.core.$ZodType | undefined = schema
  while (current !== undefined) {
    takeMeta(current, seen)
    current = step(current as z.core.$ZodTypes, seen)
  }
  return seen
}

function takeMeta(schema: z.core.$ZodType, seen: Seen): void {
  const meta = (schema as { meta?: () => Record<string, unknown> | undefined }).meta?.()
  if (meta === undefined) return
  if (typeof meta.description === 'string') seen.description ??= meta.description
  if (typeof meta.value === 'string') seen.placeholder ??= meta.value
  if (typeof meta.short === 'string') seen.short ??= meta.short
  if (meta.environment === false) seen.environment = false
}

function step(schema: z.core.$ZodTypes, seen: Seen): z.core.$ZodType | undefined {
  const def = schema._zod.def
  switch (def.type) {
    case 'default':
    case 'prefault':
      seen.default ??= def.defaultValue
      return def.innerType
    case 'optional':
    case 'nullable':
    case 'readonly':
    case 'nonoptional':
    case 'catch':
      return def.innerType
    case 'pipe':
      return def.in._zod.def.type === 'transform' ? def.out : def.in
    case 'array':
      seen.repeatable = true
      return def.element
    case 'enum':
      seen.choices ??= Object.values(def.entries).map(String)
      return undefined
    case 'literal':
      seen.choices ??= def.values.map(String)
      return undefined
    case 'number':
      seen.type = 'number'
      return undefined
    case 'boolean':
      seen.type = 'boolean'
      return undefined
    default:
      return undefined
  }
}

/** Tells commander about a command's arguments and flags. */
export function declareInput(program: Program, command: Pick<Command, 'input' | 'positional'>): void {
  const fields = inputFields(command)
  for (const name of command.positional ?? []) {
    const field = fields.find((candidate) => candidate.key === name)
    if (field === undefined) throw new TypeError(`positional "${name}" is not in the input schema`)
    const inner = `${field.placeholder}${field.repeatable ? '...' : ''}`
    program.argument(field.required ? `<${inner}>` : `[${inner}]`, describeField(field))
  }
  for (const field of fields) {
    if (!field.positional) for (const option of optionsOf(field)) program.addOption(option)
  }
}

function describeField(field: InputField): string {
  const notes: string[] = []
  if (field.choices) notes.push(`one of ${field.choices.join(', ')}`)
  if (field.repeatable) notes.push('may be repeated')
  if (field.required && !field.positional) notes.push('required')
  const plainDefault = field.type !== 'boolean' && !Array.isArray(field.default) && field.default !== undefined
  if (plainDefault) notes.push(`default ${String(field.default)}`)
  return `${field.description}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`.trim()
}

const switches = new WeakSet<Option>()

/** How help writes a flag: both positions of a switch on one line. */
export function optionTerm(option: Option): string {
  return switches.has(option) ? option.flags.replace('--', '--[no-]') : option.flags
}

function optionsOf(field: InputField): Option[] {
  const short = field.short ? `-${field.short}, ` : ''
  const about = describeField(field)
  if (field.type === 'boolean') {
    const on = new Option(`${short}--${field.flag}`, about)
    const off = new Option(`--no-${field.flag}`, about)
    if (field.default === true) return [off, on.hideHelp()]
    // Without a default it is a switch with two positions and a third, untouched.
    if (field.default !== undefined || field.required) return [on]
    switches.add(on)
    return [on, off.hideHelp()]
  }
  const option = new Option(`${short}--${field.flag} <${field.placeholder}>`, about)
  if (field.repeatable) option.argParser((value: string, earlier: string[] | undefined) => [...(earlier ?? []), value])
  return [option]
}

/** Values as typed (or from the environment), by schema key; what was not given is absent. */
export function collectInput(
  program: Program,
  command: Pick<Command, 'input' | 'positional'>,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, unknown> {
  const typed: Record<string, unknown> = {}
  const options = program.opts<Record<string, unknown>>()
  const positional = command.positional ?? []
  for (const field of inputFields(command)) {
    const given = field.positional
      ? positionalValue(program, positional.indexOf(field.key))
      : program.getOptionValueSource(optionKey(field)) === 'cli'
        ? options[optionKey(field)]
        : environmentValue(field, environment)
    if (given !== undefined) typed[field.key] = asNumber(field, given)
  }
  return typed
}

function optionKey(field: InputField): string {
  return field.flag.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function positionalValue(program: Program, index: number): unknown {
  const value: unknown = program.processedArgs[index]
  return Array.isArray(value) && value.length === 0 ? undefined : value
}

function environmentValue(field: InputField, environment: Readonly<Record<string, string | undefined>>): unknown {
  if (!field.environment) return undefined
  const name = environmentName(field.flag)
  const value = environment[name]
  if (field.type === 'boolean') {
    const off = environmentSwitch(environmentName(`no-${field.flag}`), environment)
    return environmentSwitch(name, environment) ?? (off === undefined ? undefined : !off)
  }
  if (value === undefined || value === '') return undefined
  return field.repeatable
    ? value
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean)
    : value
}

/** The variable that stands for a flag: `STIXTAXII_PAGE_SIZE` for `--page-size`. */
export function environmentName(flag: string): string {
  return `STIXTAXII_${flag.toUpperCase().replaceAll('-', '_')}`
}

/**
 * A switch from the environment; undefined when the variable is unset or empty.
 * @throws CLI_VARIABLE_INVALID (usage)
 */
export function environmentSwitch(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): boolean | undefined {
  const value = environment[name]?.trim().toLowerCase()
  if (value === undefined || value === '') return undefined
  if (['1', 'true', 'yes', 'on'].includes(value)) return true
  if (['0', 'false', 'no', 'off'].includes(value)) return false
  throw new StixTaxiiError('CLI_VARIABLE_INVALID', `${name}="${showTyped(value)}" is neither yes nor no`, {
    kind: 'usage',
    hint: 'Use 1, true, yes, on, or 0, false, no, off.',
    context: { variable: name },
  })
}

/** Number('') is 0 and Number('0x10') is 16: neither is what someone meant by a number. */
function asNumber(field: InputField, given: unknown): unknown {
  if (field.type !== 'number') return given
  const one = (value: unknown): unknown =>
    typeof value === 'string' && /^[+-]?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : String(value)
  const read = Array.isArray(given) ? given.map(one) : one(given)
  const wrong = [read].flat().find((value) => typeof value !== 'number')
  if (wrong === undefined) return read
  throw invalid(field, wrong, 'a number is expected')
}

/**
 * The command's input, checked.
 * @throws CLI_FLAG_INVALID (usage) with the flag (or argument) and the value; every further fault in the hint.
 */
export async function readInput<Input extends z.ZodObject>(
  command: Pick<Command<Input>, 'input' | 'positional' | 'path'>,
  typed: Readonly<Record<string, unknown>>,
): Promise<z.infer<Input>> {
  const result = await command.input.safeParseAsync(typed)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const field = inputFields(command).find((candidate) => candidate.key === issue?.path[0])
  if (issue === undefined || field === undefined) {
    throw new StixTaxiiError('CLI_FLAGS_CONFLICT', issue?.message ?? 'These flags do not go together', {
      kind: 'usage',
      hint: helpHint(command.path),
    })
  }
  const given = typed[field.key]
  const value = Array.isArray(given) && typeof issue.path[1] === 'number' ? (given[issue.path[1]] as unknown) : given
  if (value === undefined) {
    throw new StixTaxiiError('CLI_FLAG_MISSING', `${nameOf(field)} is missing`, {
      kind: 'usage',
      hint: helpHint(command.path),
      context: { flag: nameOf(field) },
    })
  }
  throw invalid(field, value, sentence(issue, field))
}

function sentence(issue: z.core.$ZodIssue, field: InputField): string {
  if (issue.code === 'invalid_value' && field.choices) return `it is one of ${field.choices.join(', ')}`
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1)
}

function invalid(field: InputField, value: unknown, why: string): StixTaxiiError {
  const shown = showTyped(String(value))
  return new StixTaxiiError('CLI_FLAG_INVALID', `${nameOf(field)} "${shown}" is not valid: ${why}`, {
    kind: 'usage',
    hint: field.choices ? `Use one of: ${field.choices.join(', ')}` : undefined,
    context: { flag: nameOf(field), value: shown },
  })
}

function nameOf(field: InputField): string {
  return field.positional ? `Argument ${field.placeholder}` : `--${field.flag}`
}

export function helpHint(path: string): string {
  return `See: stixtaxii ${path}${path === '' ? '' : ' '}--help`
}

/** Something typed as it may be repeated in a message: a password in a URL is not. */
export function showTyped(text: string): string {
  return printable(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? redactUrl(text) : text, { maxLength: 200 })
}
