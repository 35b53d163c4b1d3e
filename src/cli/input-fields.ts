import type { z } from 'zod'
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
  /** A value that can be switched off: `--no-...` too, and the value is false then; `.meta({ off: true })`. */
  readonly off: boolean
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
      off: seen.off,
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
  off: boolean
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
    off: false,
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
  if (meta.off === true) seen.off = true
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
