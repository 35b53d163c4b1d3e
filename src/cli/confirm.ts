import { StixTaxiiError } from '../core/errors.ts'
import type { Runtime } from './runtime.ts'

/**
 * Asks before something that cannot be taken back; `--yes` answers.
 * @throws CLI_CANNOT_ASK (usage) without a terminal and without `--yes`; CLI_DECLINED (cancelled) when the answer is no.
 */
export async function confirmOrStop(
  { options, terminal }: Pick<Runtime, 'options' | 'terminal'>,
  message: string,
): Promise<void> {
  if (options.yes) return
  if (await terminal.confirm({ message, default: false })) return
  throw new StixTaxiiError('CLI_DECLINED', 'Nothing was changed', { kind: 'cancelled' })
}
