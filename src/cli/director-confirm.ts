import { StixTaxiiError } from '../core/errors.ts'
import type { Runtime } from './runtime.ts'

/**
 * Has a person type the name of what cannot be brought back; `--yes` answers in scripts.
 * @throws CLI_CANNOT_ASK (usage) without a terminal and without `--yes`; CLI_DECLINED (cancelled) for another answer.
 */
export async function confirmByName(
  { options, terminal }: Pick<Runtime, 'options' | 'terminal'>,
  question: { readonly what: string; readonly name: string },
): Promise<void> {
  if (options.yes) return
  const answer = await terminal.ask({ message: `${question.what} To go on, type its name, ${question.name}:` })
  if (answer.trim() === question.name) return
  throw new StixTaxiiError('CLI_DECLINED', 'Nothing was changed', { kind: 'cancelled' })
}

/** Targets in a question: all of a few, the number of many. */
export function namesOf(targets: readonly { readonly name: string }[]): string {
  const names = targets.map(({ name }) => name)
  return names.length > 5 ? `${names.length} Logpoints (${names.slice(0, 4).join(', ')} ...)` : names.join(', ')
}
