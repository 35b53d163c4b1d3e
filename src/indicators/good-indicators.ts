import type { KnownValue, KnownValueFilter } from '../store/known-value.ts'
import type { Store } from '../store/store.ts'
import type { Indicator } from './indicator.ts'
import { judge, type Rules, type Verdict } from './judge.ts'

export interface GoodIndicatorOptions {
  readonly collections?: KnownValueFilter['collections']
  /** Descriptions too: slower, see `KnownValueFilter`. Default false. */
  readonly descriptions?: boolean | undefined
  /** Called for each value that the rules leave out, with why. */
  readonly onLeftOut?: ((value: KnownValue, verdicts: readonly Verdict[]) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** What the store knows and the rules let pass, merged over sources; in the order of `Store.knownValues`, bounded memory. */
export async function* goodIndicators(
  store: Store,
  options: GoodIndicatorOptions,
  rules: Rules,
): AsyncIterable<Indicator> {
  const { collections, descriptions, onLeftOut, signal } = options
  // Observables that do not count need not be read; what an allow list says of the others is still judged.
  const role = rules.observables ? undefined : 'indicator'
  const filter: KnownValueFilter = { kinds: rules.kinds, sources: rules.sources, collections, descriptions, role }
  for await (const known of store.knownValues(filter)) {
    signal?.throwIfAborted()
    const { indicator, verdicts } = judge(known, rules)
    if (indicator) yield indicator
    else onLeftOut?.(known, verdicts)
  }
}
