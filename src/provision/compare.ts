import { unitOf } from '../director/assumptions.ts'
import type { ListedSource } from '../director/enrichment-source.ts'
import type { Secret } from '../core/secret.ts'
import { knownFields, secretPaths, type DefinedSource, type SourceFieldPath } from './definition.ts'
import { knownOf, secretFields, type KnownSource, type SecretField, type SourceRecord } from './source-record.ts'
import { fingerprintOf, type State } from './state.ts'

/** One field before and after; a secret is `***`, what is not there is empty, what cannot be seen is `unknown`. */
export interface FieldChange {
  readonly field: string
  readonly from: string
  readonly to: string
}

/** How a wanted source compares with the one that is there. */
export interface Comparison {
  readonly changes: readonly FieldChange[]
  /** Said, but neither the list nor the state shows what is there. */
  readonly unknown: readonly SourceFieldPath[]
}

/** What a comparison goes by besides the two sources. */
export interface ComparisonContext {
  readonly state: State
  /** What the state knows of it. */
  readonly record: SourceRecord | undefined
  /** The wanted secrets, opened nowhere but in fingerprints. */
  readonly secrets: Readonly<Partial<Record<SecretField, Secret>>>
}

/**
 * Compares field by field. What the list cannot show is taken from the state's last write; where that does not know it
 * either, the field is unknown and no reason for a change (API reference, 7.b rule 7). A masked secret is never a change by
 * itself: only one that differs from what we wrote last is.
 */
export function compareSource(wanted: DefinedSource, listed: ListedSource, context: ComparisonContext): Comparison {
  const present = presentOf(listed, context.record)
  const changes: FieldChange[] = []
  const unknown: SourceFieldPath[] = []
  for (const { path, of } of knownFields) {
    if (wanted.unsaid.includes(path)) continue
    const [from, to] = [of(present), of(wanted.known)]
    if (from === undefined || isUnshown(listed, path)) unknown.push(path)
    else if (!isSame(path, from, to)) changes.push({ field: path, from: String(from), to: String(to) })
  }
  for (const name of secretFields) {
    const judged = compareSecret(name, listed, context)
    if (judged === 'changed') changes.push({ field: secretPaths[name], from: '***', to: '***' })
    if (judged === 'unknown') unknown.push(secretPaths[name])
  }
  return { changes, unknown }
}

/** What is there as far as it is known: the list, and for what it cannot show the last write while it still fits. */
export function presentOf(listed: ListedSource, record: SourceRecord | undefined): KnownSource {
  const known = knownOf(listed)
  const written = record?.written
  // A count that someone else changed came with a unit that we did not see.
  const unit = written?.begin.count === known.begin.count ? written.begin.unit : undefined
  const sameFiles =
    written?.certificate.certificateFile === known.certificate.certificateFile &&
    written.certificate.keyFile === known.certificate.keyFile
  return {
    ...known,
    begin: { count: known.begin.count, unit: known.begin.unit ?? unit },
    certificate: {
      ...known.certificate,
      location: known.certificate.location ?? (sameFiles ? written.certificate.location : undefined),
    },
  }
}

/** The secret that the list shows in clear; undefined when it is masked or empty. */
export function listedSecret(listed: ListedSource, name: SecretField): Secret | undefined {
  return name === 'password' ? listed.basic.password : listed.certificate.keyPassphrase
}

function compareSecret(
  name: SecretField,
  listed: ListedSource,
  { state, record, secrets }: ComparisonContext,
): 'same' | 'changed' | 'unknown' {
  const wanted = secrets[name]
  if (wanted === undefined) return 'same'
  const shown = listedSecret(listed, name)
  const there = shown === undefined ? record?.secrets[name]?.fingerprint : fingerprintOf(state, shown)
  if (there === undefined) return 'unknown'
  return there === fingerprintOf(state, wanted) ? 'same' : 'changed'
}

function isUnshown({ unshown = [] }: ListedSource, path: SourceFieldPath): boolean {
  return unshown.some((field) => path === field || path.startsWith(`${field}.`))
}

function isSame(path: SourceFieldPath, from: unknown, to: unknown): boolean {
  if (path === 'begin.unit' || path === 'fetchInterval.unit') {
    return (unitOf(String(from)) ?? from) === (unitOf(String(to)) ?? to)
  }
  return from === to
}
