import { Option, type Command as Program } from 'commander'
import type { Command } from './command.ts'
import { inputFields, type InputField } from './input-fields.ts'

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
  if (!field.off) return [option]
  return [option, new Option(`--no-${field.flag}`, about).hideHelp()]
}
