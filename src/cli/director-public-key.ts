import { StixTaxiiError } from '../core/errors.ts'
import type { Runtime } from './runtime.ts'

/**
 * The second yes for a private key in public storage (S24). `--yes` is not enough: it says yes to questions that were
 * expected.
 * @throws DIRECTOR_KEY_PUBLIC (refused) where nobody can be asked, CLI_DECLINED (cancelled) for a no
 */
export async function confirmPublicKeys(
  keys: readonly { readonly name: string }[],
  { terminal }: Pick<Runtime, 'terminal'>,
): Promise<void> {
  const names = keys.map(({ name }) => name).join(', ')
  const message = `${names} holds a private key, and every pool could use it from the public storage`
  if (!terminal.canAsk) {
    throw new StixTaxiiError('DIRECTOR_KEY_PUBLIC', message, {
      kind: 'refused',
      hint: "Put it into the pool's own storage (without --public). If it is really meant to be public: --yes-public-key",
      context: { files: keys.map(({ name }) => name) },
    })
  }
  terminal.warn(message)
  if (await terminal.confirm({ message: 'Upload it to the public storage all the same?', default: false })) return
  throw new StixTaxiiError('CLI_DECLINED', 'Nothing was changed', { kind: 'cancelled' })
}
