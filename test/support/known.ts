import type { Value } from '../../src/stix/statement.ts'
import type { KnownValue, SourcedStatement } from '../../src/store/known-value.ts'

/** Known values as a store would hand them over, for tests of what is made of them. */

let made = 0

/** What of a statement matters to a test; `from` names its source. */
export type GivenStatement = Partial<SourcedStatement> & { readonly from?: string }

/** A sound statement of an indicator of the source `acme` that holds. */
function aSourcedStatement(more: GivenStatement = {}): SourcedStatement {
  const { from = 'acme', ...rest } = more
  const id = `indicator--${++made}`
  return {
    id,
    role: 'indicator',
    labels: [],
    killChainPhases: [],
    revoked: false,
    markingRefs: [],
    unused: [],
    source: { id: `p-${from}`, name: from },
    key: { source: `p-${from}`, root: 'https://taxii.example/root/', collection: 'c1' },
    itemId: id,
    itemVersion: '2026-01-01T00:00:00Z',
    addedAt: `2026-01-01T00:00:00.${String(made).padStart(6, '0')}Z`,
    superseded: false,
    vanished: false,
    sound: true,
    relatedTo: [],
    ...rest,
  }
}

export function known(value: Value, ...statements: readonly GivenStatement[]): KnownValue {
  return { ...value, statements: (statements.length > 0 ? statements : [{}]).map((one) => aSourcedStatement(one)) }
}
