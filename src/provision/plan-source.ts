import { StixTaxiiError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { Logpoint } from '../director/client.ts'
import type { ListedSource } from '../director/enrichment-source.ts'
import { compareSource, listedSecret, presentOf, type FieldChange } from './compare.ts'
import { secretPaths, shownFields, type SourceFieldPath } from './definition.ts'
import type { CreateStep, DeleteStep, EditStep, PlannedTrace } from './plan.ts'
import type { DesiredSource } from './resolve-desired.ts'
import {
  secretFields,
  type KnownSource,
  type SecretField,
  type SaidSecret,
  type SourceRecord,
} from './source-record.ts'
import { fingerprintOf, type State } from './state.ts'

/** What planning one source goes by. */
export interface SourcePlanContext {
  readonly logpoint: Logpoint
  readonly state: State
  readonly record: SourceRecord | undefined
  /** A wanted secret, resolved. */
  readonly secretOf: (reference: SaidSecret) => Secret
}

/** What comes of comparing one wanted source with the one there. */
export interface PlannedEdit {
  /** Undefined when nothing differs. */
  readonly step?: EditStep | undefined
  /** Fields that nothing shows. */
  readonly unknown: readonly string[]
}

export function planCreate({ key, defined }: DesiredSource, context: SourcePlanContext): CreateStep {
  const secrets = Object.fromEntries(
    Object.entries(defined.secrets).map(([name, reference]) => [name, traced(reference, context)]),
  )
  const shown = shownFields.filter(({ path }) => !defined.unsaid.includes(path))
  const fields: FieldChange[] = shown.map(({ path, of }) => ({ field: path, from: '', to: of(defined.known) }))
  for (const name of secretFields) {
    const reference = defined.secrets[name]
    if (reference && reference.from !== 'none') fields.push({ field: secretPaths[name], from: '', to: '***' })
  }
  const source = { known: defined.known, secrets }
  return { kind: 'create', sign: '+', thing: `source ${key}`, fields, logpoint: context.logpoint, key, source }
}

/**
 * Compares, and makes a whole definition where something differs: Director takes nothing less.
 * @throws PROVISION_EDIT_INCOMPLETE (config) when a part of it is neither said nor seen nor remembered.
 */
export function planEdit(
  { key, defined }: DesiredSource,
  listed: ListedSource,
  context: SourcePlanContext,
): PlannedEdit {
  const { state, record, secretOf } = context
  const wantedSecrets = Object.fromEntries(
    Object.entries(defined.secrets).map(([name, reference]) => [name, secretOf(reference)]),
  )
  const known = filledIn(defined.known, presentOf(listed, record), defined.unsaid)
  const about = { state, record, secrets: wantedSecrets, unsaid: defined.unsaid }
  const { changes, unknown } = compareSource(known, listed, about)
  if (changes.length === 0) return { unknown }
  if (known.certificate.location === undefined) throw incomplete(key, 'certificateLocation', context.logpoint)
  const secrets: { [Name in SecretField]?: PlannedTrace } = {}
  for (const name of secretFields) {
    const reference = defined.secrets[name]
    secrets[name] = reference ? traced(reference, context) : keptSecret(name, listed, { key, known, context })
  }
  const step = {
    kind: 'edit',
    sign: '~',
    thing: `source ${key}`,
    fields: changes,
    logpoint: context.logpoint,
    key,
    sourceId: listed.id,
    source: { known, secrets },
  } as const
  return { step, unknown }
}

export function planDelete(key: string, listed: ListedSource, logpoint: Logpoint): DeleteStep {
  const { id, discoveryUrl } = listed
  const fields = [
    { field: 'id', from: id, to: '' },
    { field: 'discoveryUrl', from: discoveryUrl, to: '' },
  ]
  return { kind: 'delete', sign: '-', thing: `source ${key}`, fields, logpoint, key, sourceId: id, discoveryUrl }
}

function traced(reference: SaidSecret, { state, secretOf }: SourcePlanContext): PlannedTrace {
  return { reference, fingerprint: fingerprintOf(state, secretOf(reference)) }
}

/** What nobody said stays as it is. */
function filledIn(wanted: KnownSource, present: KnownSource, unsaid: readonly SourceFieldPath[]): KnownSource {
  const pick = <T>(path: SourceFieldPath, said: T, there: T): T => (unsaid.includes(path) ? there : said)
  const { basic, certificate, proxy } = wanted
  const names = certificate.certificateFile !== '' || present.certificate.certificateFile !== ''
  const location = pick('certificate.location', certificate.location, present.certificate.location)
  return {
    ...wanted,
    basic: { ...basic, username: pick('basic.username', basic.username, present.basic.username) },
    certificate: {
      ...certificate,
      certificateFile: pick(
        'certificate.certificateFile',
        certificate.certificateFile,
        present.certificate.certificateFile,
      ),
      keyFile: pick('certificate.keyFile', certificate.keyFile, present.certificate.keyFile),
      // Without files there is nothing that could be in one place or the other.
      location: location ?? (names ? undefined : 'private'),
    },
    proxy: {
      ...proxy,
      host: pick('proxy.host', proxy.host, present.proxy.host || proxy.host),
      port: pick('proxy.port', proxy.port, present.proxy.port || proxy.port),
      protocol: pick('proxy.protocol', proxy.protocol, present.proxy.protocol || proxy.protocol),
    },
  }
}

/** A secret that the file does not speak of goes back as it was, if that is known; it is never guessed. */
function keptSecret(
  name: SecretField,
  listed: ListedSource,
  { key, known, context }: { readonly key: string; readonly known: KnownSource; readonly context: SourcePlanContext },
): PlannedTrace {
  const { state, record } = context
  const owner = (of: KnownSource | ListedSource): string =>
    name === 'password' ? of.basic.username : of.certificate.keyFile
  // Another user's password, another key's passphrase is not this one's.
  if (owner(known) !== '' && owner(known) !== owner(listed)) throw incomplete(key, name, context.logpoint)
  const shown = listedSecret(listed, name)
  if (shown) return { reference: { from: 'listed' }, fingerprint: fingerprintOf(state, shown) }
  const trace = record?.secrets[name]
  const none = fingerprintOf(state, new Secret(''))
  if (trace?.fingerprint === none) return { reference: { from: 'none' }, fingerprint: none }
  if (trace?.reference && trace.fingerprint !== undefined) {
    return { reference: trace.reference, fingerprint: trace.fingerprint }
  }
  if (owner(known) === '') return { reference: { from: 'none' }, fingerprint: none }
  throw incomplete(key, name, context.logpoint)
}

function incomplete(key: string, field: string, logpoint: Logpoint): StixTaxiiError {
  return new StixTaxiiError(
    'PROVISION_EDIT_INCOMPLETE',
    `Source ${key} on ${logpoint.name} cannot be edited: its ${field} is neither in the file nor shown by Director`,
    {
      kind: 'config',
      hint:
        field === 'certificateLocation'
          ? `Say it under sources: ${key}: certificateLocation: private (or public).`
          : `Say where it is under sources: ${key}: ${field}: { file: PATH }, or none where there is none.`,
      context: { target: logpoint.name, source: key, field },
    },
  )
}
