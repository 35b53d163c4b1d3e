import type { CredentialStore } from '../core/ports.ts'
import type { Secret } from '../core/secret.ts'

/**
 * What a profile holds. Secrets are references, never values. The zod schemas that read the profile file live in
 * `schema.ts` and must produce exactly these shapes.
 */

/** A secret in one of our credential stores, by entry: `NAME-ID/FIELD`. */
export interface StoredReference {
  readonly from: CredentialStoreName
  readonly entry: string
}

/** Where a secret is. Only `credentials/` can turn one into a `Secret`. */
export type SecretReference =
  /** A file the user named; absolute path; first line counts. */
  | { readonly from: 'path'; readonly path: string }
  | { readonly from: 'env'; readonly name: string }
  /** A program whose first line of standard output is the secret; no shell. */
  | { readonly from: 'command'; readonly command: readonly string[] }
  | StoredReference

export const credentialStoreNames = ['keyring', 'sealed', 'file'] as const
export type CredentialStoreName = (typeof credentialStoreNames)[number]

/** What a secret is wanted for; only for messages: `the password`, `acme`. */
export interface SecretPurpose {
  readonly what: string
  readonly profile?: string | undefined
}

/** The credential stores of one user, each opened when first named, and the way from a reference to a secret. */
export interface Credentials {
  /** @throws PROFILE_KEYRING_UNAVAILABLE (config) and other reasons of the store; never falls back to another. */
  open(name: CredentialStoreName): Promise<CredentialStore>
  /**
   * The first line of what the reference names.
   * @throws PROFILE_SECRET_MISSING (auth) when there is none, PROFILE_SECRET_UNSAFE (config) for NUL, CR or LF in it.
   */
  resolve(reference: SecretReference, purpose: SecretPurpose): Promise<Secret>
  /** Holds a secret ready under the name it will have: `resolve` finds it, nothing is written yet. */
  stage(reference: StoredReference, secret: Secret): void
  /**
   * Writes what was staged and is named here; the rest of it is forgotten. What it returns puts each entry back as it was
   * before, as far as its store lets it; a commit that fails has done that itself.
   */
  commit(wanted: readonly StoredReference[]): Promise<() => Promise<void>>
}

export type AuthenticationSettings =
  | { readonly scheme: 'none' }
  | { readonly scheme: 'basic'; readonly username: string; readonly password: SecretReference | null }
  | { readonly scheme: 'bearer'; readonly token: SecretReference }
  | { readonly scheme: 'token'; readonly token: SecretReference }
  | { readonly scheme: 'query'; readonly name: string; readonly key: SecretReference }
  | {
      readonly scheme: 'jwt'
      readonly url?: string | undefined
      readonly username: string
      readonly password: SecretReference
    }
  | {
      readonly scheme: 'oauth2'
      readonly tokenUrl: string
      readonly clientId: string
      readonly clientSecret: SecretReference
      readonly scope?: string | undefined
    }

export interface HeaderSetting {
  readonly name: string
  readonly value: SecretReference
}

export interface CertificateSettings {
  /** Absolute path to PEM (certificate, chain, maybe key) or PKCS#12. */
  readonly certificate: string
  readonly key?: string | undefined
  readonly passphrase?: SecretReference | undefined
  /** Kept when off, as Director does. */
  readonly use: boolean
  /** Where Director is to keep it. */
  readonly location: 'private' | 'public'
}

export interface ProxySettings {
  /** Absent: no proxy at all, not even the environment's; `use` is false then. */
  readonly url?: string | undefined
  readonly username?: string | undefined
  readonly password?: SecretReference | undefined
  readonly noProxy?: string | undefined
  readonly use: boolean
}

export interface TlsSettings {
  /** Absolute paths of PEM files. */
  readonly ca?: readonly string[] | undefined
  readonly pin?: string | undefined
  readonly insecure?: boolean | undefined
}

export interface TaxiiProfile {
  readonly kind: 'taxii'
  /** UUID; survives renaming; what checkpoints and stored objects belong to. */
  readonly id: string
  readonly name: string
  readonly url: string
  readonly version: 'auto' | '1.0' | '1.1' | '2.0' | '2.1'
  /** What Director is told; kept apart from `version`. */
  readonly stixVersion?: '1' | '2' | undefined
  readonly preset?: string | undefined
  readonly apiRoot?: string | undefined
  /** Ids, aliases or names; empty = every readable one. */
  readonly collections: readonly string[]
  readonly authentication: AuthenticationSettings
  /** Basic credentials are kept while this is off. */
  readonly useBasic: boolean
  readonly headers: readonly HeaderSetting[]
  /** Other credentials for discovery than for an API root. */
  readonly discoveryAuthentication?: AuthenticationSettings | undefined
  readonly certificate?: CertificateSettings | undefined
  readonly tls: TlsSettings
  readonly proxy?: ProxySettings | undefined
  readonly begin: string
  readonly fetchInterval: string
  readonly enabled: boolean
  readonly pageSize?: number | undefined
  /** Longest span of one 1.x poll, as `24h`. */
  readonly maxWindow?: string | undefined
  readonly allowOrigins: readonly string[]
  readonly allowHttp: boolean
}

export interface DirectorProfile {
  readonly kind: 'director'
  readonly id: string
  readonly name: string
  readonly url: string
  readonly token: SecretReference
  /** RFC 3339: when this token was first seen here. It is at least that old. */
  readonly tokenSince?: string | undefined
  /** Made with "Always Active": it does not end after 8 hours. */
  readonly tokenAlwaysActive?: boolean | undefined
  /** What the paths of configuration calls begin with, where it is not `configapi`. */
  readonly apiPrefix?: string | undefined
  /** How packages are sent, where it is not `raw`; the guide leaves it open. */
  readonly packageUpload?: 'raw' | 'multipart' | undefined
  /** Pool name -> identifier. */
  readonly pools: Readonly<Record<string, string>>
  /** `pool/logpoint` -> identifier. */
  readonly logpoints: Readonly<Record<string, string>>
  readonly groups: Readonly<Record<string, readonly string[]>>
  readonly tls: TlsSettings
  readonly proxy?: ProxySettings | undefined
  readonly allowHttp: boolean
}

export type Profile = TaxiiProfile | DirectorProfile
export type ProfileKind = Profile['kind']

/** The profiles of one user. Names are unique over both kinds. Writers of other processes are never lost. */
export interface ProfileStore {
  /** Absolute path of the file, for messages. */
  readonly path: string
  /** In order of name. @throws PROFILE_FILE_DAMAGED (config) with file and line. */
  list(): Promise<readonly Profile[]>
  /** @throws PROFILE_UNKNOWN (not-found) with the nearest name in the hint. */
  get(name: string): Promise<Profile>
  find(name: string): Promise<Profile | undefined>
  /** Adds or replaces by `id`. @throws PROFILE_NAME_TAKEN (conflict). */
  save(profile: Profile): Promise<void>
  rename(name: string, newName: string): Promise<void>
  remove(name: string): Promise<void>
  /** Name of the kind's default, undefined when none was chosen. */
  defaultName(kind: ProfileKind): Promise<string | undefined>
  setDefault(kind: ProfileKind, name: string | undefined): Promise<void>
}
