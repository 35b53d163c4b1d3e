import { StixTaxiiError } from '../core/errors.ts'
import { showTyped } from './show-typed.ts'

/** Variables by name, as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The variable that stands for a flag: `STIXTAXII_PAGE_SIZE` for `--page-size`. */
export function environmentName(flag: string): string {
  return `STIXTAXII_${flag.toUpperCase().replaceAll('-', '_')}`
}

/**
 * A switch from the environment; undefined when the variable is unset or empty.
 * @throws CLI_VARIABLE_INVALID (usage)
 */
export function environmentSwitch(name: string, environment: Environment): boolean | undefined {
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
