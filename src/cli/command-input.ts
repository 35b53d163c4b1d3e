import type { Command as Program } from 'commander'
import type { z } from 'zod'
import { StixTaxiiError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import type { Command } from './command.ts'
import { environmentName, environmentSwitch, type Environment } from './environment.ts'
import { inputFields, type InputField } from './input-fields.ts'
import { showTyped } from './show-typed.ts'

/** Values as typed (or from the environment), by schema key; what was not given is absent. */
export function collectInput(
  program: Program,
  command: Pick<Command, 'input' | 'positional'>,
  environment: Environment,
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

function environmentValue(field: InputField, environment: Environment): unknown {
  if (!field.environment) return undefined
  const name = environmentName(field.flag)
  const value = environment[name]
  if (field.type === 'boolean') {
    const off = environmentSwitch(environmentName(`no-${field.flag}`), environment)
    return environmentSwitch(name, environment) ?? (off === undefined ? undefined : !off)
  }
  if (field.off && environmentSwitch(environmentName(`no-${field.flag}`), environment)) return false
  if (value === undefined || value === '') return undefined
  return field.repeatable
    ? value
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean)
    : value
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
      hint: `${whatIs(field)} ${helpHint(command.path)}`.trim(),
      context: { flag: nameOf(field) },
    })
  }
  throw invalid(field, value, sentence(issue, field))
}

/** What is missing, in the words of its help. */
function whatIs({ choices, description }: InputField): string {
  if (choices) return `It is one of ${choices.join(', ')}.`
  return description === '' ? '' : `It is: ${description}.`
}

function sentence(issue: z.core.$ZodIssue, field: InputField): string {
  if (issue.code === 'invalid_value' && field.choices) return `it is one of ${field.choices.join(', ')}`
  return plainWords(issue) ?? issue.message.charAt(0).toLowerCase() + issue.message.slice(1)
}

/** What zod says in the words of types; undefined where a schema has words of its own. */
function plainWords(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code === 'too_small') {
    const { origin, minimum, inclusive } = issue
    if (origin === 'string') return minimum === 1 ? 'it is empty' : `it is shorter than ${minimum} characters`
    if (origin === 'array') return `at least ${minimum} of them are needed`
    return inclusive === false ? `it has to be more than ${minimum}` : `it has to be ${minimum} or more`
  }
  if (issue.code === 'too_big') {
    const { origin, maximum, inclusive } = issue
    if (origin === 'string') return `it is longer than ${maximum} characters`
    if (origin === 'array') return `at most ${maximum} of them are taken`
    return inclusive === false ? `it has to be less than ${maximum}` : `it has to be ${maximum} or less`
  }
  if (issue.code === 'invalid_type') return issue.expected === 'int' ? 'it is no whole number' : undefined
  if (issue.code !== 'invalid_format' || !issue.message.startsWith('Invalid')) return undefined
  return issue.format === 'regex' ? 'it is not written as it has to be' : `it is no ${issue.format}`
}

function invalid(field: InputField, value: unknown, why: string): StixTaxiiError {
  const shown = showTyped(String(value))
  return new StixTaxiiError('CLI_FLAG_INVALID', `${nameOf(field)} "${shown}" is not valid: ${why}`, {
    kind: 'usage',
    hint: field.choices && hintOfChoices(shown, field.choices, why),
    context: { flag: nameOf(field), value: shown },
  })
}

/** The choice that was probably meant; else all of them, where the message has not just said them. */
function hintOfChoices(typed: string, choices: readonly string[], why: string): string | undefined {
  const nearest = nearestName(typed, choices)
  if (nearest !== undefined) return `Did you mean ${nearest}?`
  const all = choices.join(', ')
  return why.includes(all) ? undefined : `Use one of: ${all}`
}

function nameOf(field: InputField): string {
  return field.positional ? `Argument ${field.placeholder}` : `--${field.flag}`
}

export function helpHint(path: string): string {
  return `See: stixtaxii ${path}${path === '' ? '' : ' '}--help`
}
