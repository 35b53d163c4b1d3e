import { compareSources, knownLocation, knownUnit, type KnownFields } from '../director/compare-sources.ts'
import type { ListedSource } from '../director/enrichment-source.ts'
import { Secret } from '../core/secret.ts'
import { enrichmentSourceOf, secretPaths, type SourceFieldPath } from './definition.ts'
import { knownOf, secretFields, type KnownSource, type SecretField, type SourceRecord } from './source-record.ts'
import { fingerprintOf, type State } from './state.ts'

/** One field before and after; a secret is `***`, what is not there is empty. */
export interface FieldChange {
  readonly field: string
  readonly from: string
  readonly to: string
}

/** How a wanted source compares with the one that is there. */
export interface SourceComparison {
  readonly changes: readonly FieldChange[]
  /** Neither the list nor the state shows what is there. */
  readonly unknown: readonly string[]
}

/** What a comparison goes by besides the two sources. */
export interface ComparisonContext {
  readonly state: State
  /** What the state knows of it. */
  readonly record: SourceRecord | undefined
  /** Secrets that were said. */
  readonly secrets: Readonly<Partial<Record<SecretField, Secret>>>
  readonly unsaid: readonly SourceFieldPath[]
}

/**
 * Compares field by field, but not what nobody said. What the list cannot show is taken from the state's last write; where
 * that does not know it either, it is unknown and no reason for a change (API reference, 7.b rule 7). A masked secret is
 * never a change by itself: only one that differs from what we wrote last is (D11).
 */
export function compareSource(wanted: KnownSource, listed: ListedSource, context: ComparisonContext): SourceComparison {
  const { record, secrets, unsaid } = context
  const location = wanted.certificate.location ?? 'private'
  const asked = enrichmentSourceOf({ ...wanted, certificate: { ...wanted.certificate, location } }, secrets)
  const { differences, notComparable } = compareSources(asked, listed, {
    ...knownFieldsOf(record),
    password: rememberedSecret('password', context),
    keyPassphrase: rememberedSecret('keyPassphrase', context),
  })
  const ignored = new Set<string>(unsaid)
  for (const name of secretFields) if (secrets[name] === undefined) ignored.add(secretPaths[name])
  const isCountChanged = differences.some(({ field }) => field === 'begin')
  return {
    changes: differences
      .filter(({ field }) => !ignored.has(field) && !(field === 'begin.unit' && isCountChanged))
      .map(({ field, asked: to, found: from }) =>
        field === 'begin'
          ? { field, from: beginText(presentOf(listed, record)), to: beginText(wanted) }
          : { field, from, to },
      ),
    unknown: notComparable.filter((field) => !ignored.has(field)),
  }
}

/** What is there as far as it is known: the list, and for what it cannot show the last write while it still fits. */
export function presentOf(listed: ListedSource, record: SourceRecord | undefined): KnownSource {
  const known = knownOf(listed)
  const fields = knownFieldsOf(record)
  return {
    ...known,
    begin: { count: known.begin.count, unit: knownUnit(listed, fields) },
    certificate: { ...known.certificate, location: knownLocation(listed, fields) },
  }
}

/** The secret that the list shows in clear; undefined when it is masked or empty. */
export function listedSecret(listed: ListedSource, name: SecretField): Secret | undefined {
  return name === 'password' ? listed.basic.password : listed.certificate.keyPassphrase
}

function beginText({ begin }: KnownSource): string {
  return `${begin.count} ${begin.unit ?? '(unit unknown)'}`
}

function knownFieldsOf(record: SourceRecord | undefined): KnownFields {
  return record === undefined ? {} : { begin: record.written.begin, certificate: record.written.certificate }
}

const another = new Secret('another')

/** What was written last, as far as a fingerprint tells: the wanted one, another one, or nobody knows. */
function rememberedSecret(name: SecretField, { state, record, secrets }: ComparisonContext): Secret | undefined {
  const [wanted, written] = [secrets[name], record?.secrets[name]?.fingerprint]
  if (wanted === undefined || written === undefined) return undefined
  return written === fingerprintOf(state, wanted) ? wanted : another
}
