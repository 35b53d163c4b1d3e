import { readStatements } from '../stix/read-statements.ts'
import { tlpLevels, type Tlp, type Value } from '../stix/statement.ts'
import { versionOf } from '../store/compare.ts'
import type { Store, StoredVersion } from '../store/store.ts'
import { judge, type Judgement, type Rules } from './judge.ts'

const batchSize = 200

/**
 * Of stored versions those that state something that counts. A content block goes whole or not at all: only when all that it
 * states counts, since a statement above the TLP ceiling cannot be taken out of it. What states nothing about values
 * (relationships, malware, reports) is left out.
 */
export async function* goodVersions(
  versions: AsyncIterable<StoredVersion>,
  store: Store,
  rules: Rules,
): AsyncIterable<StoredVersion> {
  let batch: StoredVersion[] = []
  for await (const version of versions) {
    batch.push(version)
    if (batch.length < batchSize) continue
    yield* await goodOf(batch, store, rules)
    batch = []
  }
  yield* await goodOf(batch, store, rules)
}

async function goodOf(batch: readonly StoredVersion[], store: Store, rules: Rules): Promise<readonly StoredVersion[]> {
  const readings = batch.map(({ item }) => readStatements(item))
  const stated = readings.map(({ statements }) => statements.flatMap(({ values }) => values))
  const wanted = new Map<string, Value>()
  for (const { kind, value } of stated.flat()) wanted.set(nameOf({ kind, value }), { kind, value })
  const judged = new Map<string, Judgement>()
  for (const known of await store.lookup([...wanted.values()])) judged.set(nameOf(known), judge(known, rules))
  return batch.filter((version, index) => {
    const verdicts = (stated[index] ?? [])
      .flatMap((value) => judged.get(nameOf(value))?.verdicts ?? [])
      .filter(({ statement }) => isFrom(version, statement))
      .map(({ reasons }) => reasons.length === 0)
    if (version.item.kind === 'object') return verdicts.some(Boolean)
    return verdicts.length > 0 && verdicts.every(Boolean) && isWithin(readings[index]?.tlp, rules.tlpCeiling)
  })
}

function isWithin(tlp: Tlp | undefined, ceiling: Tlp | undefined): boolean {
  return tlp === undefined || ceiling === undefined || tlpLevels.indexOf(tlp) <= tlpLevels.indexOf(ceiling)
}

function isFrom({ item, key }: StoredVersion, statement: Judgement['verdicts'][number]['statement']): boolean {
  return (
    statement.itemId === item.id &&
    statement.itemVersion === versionOf(item) &&
    statement.key.source === key.source &&
    statement.key.root === key.root &&
    statement.key.collection === key.collection
  )
}

const nameOf = ({ kind, value }: Value): string => `${kind} ${value}`
