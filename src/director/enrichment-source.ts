import type { Secret } from '../core/secret.ts'

/** Units that Director takes for `begin`; for the fetch interval only the first two. */
export const beginUnits = ['Hours', 'Days', 'Months'] as const
export type BeginUnit = (typeof beginUnits)[number]
export type IntervalUnit = 'Hours' | 'Days'

/** Where Director keeps a file: in the pool's own part of its storage, or in the part that every pool sees. */
export type StorageLocation = 'private' | 'public'

/**
 * The StixTaxii enrichment source of one Logpoint as we think of it; every field Director takes, whether the feature it
 * belongs to is on or off. The wire's two forms (create and list) are made from and read into it in `wire.ts`.
 */
export interface EnrichmentSource {
  readonly enabled: boolean
  /** The discovery service of the TAXII server. */
  readonly discoveryUrl: string
  /** How far back the first fetch goes. */
  readonly begin: { readonly count: number; readonly unit: BeginUnit }
  readonly fetchInterval: { readonly count: number; readonly unit: IntervalUnit }
  /** `1` or `2`; a string on the wire. */
  readonly stixVersion: string
  readonly basic: { readonly use: boolean; readonly username: string; readonly password: Secret }
  readonly certificate: {
    readonly use: boolean
    /** Names of uploaded files; empty where there is none. */
    readonly certificateFile: string
    readonly keyFile: string
    readonly keyPassphrase: Secret
    readonly location: StorageLocation
  }
  readonly proxy: {
    readonly use: boolean
    readonly host: string
    readonly port: number
    readonly protocol: 'http' | 'https'
  }
}

/**
 * What Director's list tells of a source. What it cannot show is undefined and never guessed: the unit of `begin`, the
 * location of the files, and secrets that came masked or empty.
 */
export interface ListedSource {
  readonly id: string
  readonly enabled: boolean
  readonly discoveryUrl: string
  readonly begin: { readonly count: number; readonly unit?: BeginUnit | undefined }
  /** The unit's word as it came, which need not be one that we send. */
  readonly fetchInterval: { readonly count: number; readonly unit: string }
  readonly stixVersion: string
  readonly basic: { readonly use: boolean; readonly username: string; readonly password?: Secret | undefined }
  readonly certificate: {
    readonly use: boolean
    readonly certificateFile: string
    readonly keyFile: string
    readonly keyPassphrase?: Secret | undefined
    readonly location?: StorageLocation | undefined
  }
  readonly proxy: {
    readonly use: boolean
    readonly host: string
    readonly port: number
    readonly protocol: string
  }
  /**
   * Fields that the list should show and does not, by their path here: they hold `false`, `''` or 0 and are not known to
   * be so.
   */
  readonly unshown?: readonly string[] | undefined
}

/** One field where what was asked for and what was found differ, by its path in `EnrichmentSource`, secrets as `***`. */
export interface FieldDifference {
  readonly field: string
  readonly asked: string
  readonly found: string
}

/** The fetch status of the plugin, from `Ti_general`: of all its sources together. */
export interface FetchStatus {
  /** `Completed`, `Error`, or another word of the plugin's. Undefined: the plugin is not in the list. */
  readonly status?: string | undefined
  readonly error?: string | undefined
  /** RFC 3339 in UTC; undefined for never. */
  readonly lastAttempt?: string | undefined
  readonly lastSuccess?: string | undefined
  readonly entries?: number | undefined
  /** Entries of all threat intelligence sources of the Logpoint. */
  readonly totalEntries?: number | undefined
}
