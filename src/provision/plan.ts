import type { StixTaxiiError } from '../core/errors.ts'
import type { Logpoint, Storage } from '../director/client.ts'
import type { FieldChange } from './compare.ts'
import type { LocalFile } from './local-file.ts'
import type { KnownSource, SaidSecret, SecretField } from './source-record.ts'

/** A secret that goes to Director: where it is read from, or `listed`: what the list shows there stays there. */
export type PlannedSecret = SaidSecret | { readonly from: 'listed' }

/** A secret of a plan, and the fingerprint of what it named when it was planned. */
export interface PlannedTrace {
  readonly reference: PlannedSecret
  readonly fingerprint?: string | undefined
}

/** A whole definition as a plan keeps it. */
export interface PlannedSource {
  readonly known: KnownSource
  readonly secrets: { readonly [Name in SecretField]?: PlannedTrace | undefined }
}

interface AnyStep {
  /** What a person sees: `+` made, `~` changed, `-` removed. */
  readonly sign: '+' | '~' | '-'
  /** As `source acme`, `package StixTaxii_6.1.0.pak`. */
  readonly thing: string
  readonly fields: readonly FieldChange[]
}

export interface UploadStep extends AnyStep {
  readonly kind: 'upload'
  readonly fileKind: 'package' | 'certificate'
  readonly storage: Storage
  readonly name: string
  readonly local: Omit<LocalFile, 'hasPrivateKey'>
}

export interface TrashStep extends AnyStep {
  readonly kind: 'trash'
  readonly fileKind: 'package' | 'certificate'
  readonly storage: Storage
  readonly name: string
}

export interface InstallStep extends AnyStep {
  readonly kind: 'install'
  readonly logpoint: Logpoint
  readonly fileName: string
  readonly location: 'private' | 'public'
  readonly version?: string | undefined
  /** Of the package's bytes, where they are known. */
  readonly sha256?: string | undefined
}

export interface UninstallStep extends AnyStep {
  readonly kind: 'uninstall'
  readonly logpoint: Logpoint
  readonly pluginId: string
}

export interface CreateStep extends AnyStep {
  readonly kind: 'create'
  readonly logpoint: Logpoint
  readonly key: string
  readonly source: PlannedSource
}

export interface EditStep extends AnyStep {
  readonly kind: 'edit'
  readonly logpoint: Logpoint
  readonly key: string
  readonly sourceId: string
  readonly source: PlannedSource
}

export interface DeleteStep extends AnyStep {
  readonly kind: 'delete'
  readonly logpoint: Logpoint
  readonly key: string
  readonly sourceId: string
  readonly discoveryUrl: string
}

/** One write and what belongs to it. */
export type Step = UploadStep | TrashStep | InstallStep | UninstallStep | CreateStep | EditStep | DeleteStep

/** A source that is as wanted and that the state does not know yet. */
export interface Adoption {
  readonly key: string
  readonly sourceId: string
  readonly known: KnownSource
}

/** What is to be done at one target: uploads first, then the Logpoints, then what storages lose. */
export interface PlannedTarget {
  readonly phase: 'upload' | 'logpoint' | 'trash'
  /** `acme/lp1`, `pool acme`, `public storage`. */
  readonly name: string
  readonly place: { readonly logpoint: Logpoint } | { readonly storage: Storage }
  readonly steps: readonly Step[]
  readonly adoptions: readonly Adoption[]
  /** What a person should know and nothing is done about: fields that cannot be compared, sources of others. */
  readonly notes: readonly string[]
  /** Why nothing can be planned here. */
  readonly error?: StixTaxiiError | undefined
}

/** What has to be done, target by target; nothing of it has been. */
export interface Plan {
  readonly fleet: string
  /** Origin of the Director. */
  readonly director: string
  readonly targets: readonly PlannedTarget[]
}

/** Every write of a plan. */
export function stepsOf(plan: Plan): readonly Step[] {
  return plan.targets.flatMap((target) => target.steps)
}

/** Whether something would be removed. */
export function removesSomething(plan: Plan): boolean {
  return stepsOf(plan).some((step) => step.sign === '-')
}
