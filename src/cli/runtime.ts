import type { Readable } from 'node:stream'
import type { NoticeSink } from '../core/notice.ts'
import type { Clock, Http, Terminal } from '../core/ports.ts'
import type { DirectorClient } from '../director/client.ts'
import type { OutputFormat, OutputWriter } from '../output/writer.ts'
import type { Credentials, DirectorProfile, ProfileStore, TaxiiProfile } from '../profile/profile.ts'
import type { Store } from '../store/store.ts'
import type { TaxiiClient } from '../taxii/client.ts'
import type { PluginFetchDependencies } from '../workflow/plugin-fetch.ts'
import type { Folders } from './folders.ts'
import type { Progress } from './progress.ts'
import type { Rehearsal } from './rehearsal.ts'

/** Flags that every command has, after flag, environment and default have been weighed. */
export interface GlobalOptions {
  readonly output: OutputFormat
  readonly profile?: string | undefined
  readonly quiet: boolean
  readonly verbose: boolean
  readonly color: 'auto' | 'always' | 'never'
  readonly input: boolean
  readonly yes: boolean
  readonly store?: string | undefined
  /** File whose first line is the password of a store in PostgreSQL; `STIXTAXII_STORE_PASSWORD_FILE`. */
  readonly storePasswordFile?: string | undefined
  readonly state?: string | undefined
  readonly lockTimeoutMs: number
  readonly traceHttp?: string | undefined
  /** File whose first line opens the sealed credential store; `STIXTAXII_PASSPHRASE_FILE`. */
  readonly passphraseFile?: string | undefined
  readonly debug: boolean
}

/** An open connection to one TAXII source: its transport and the client that speaks its version. */
export interface TaxiiConnection extends AsyncDisposable {
  readonly http: Http
  readonly client: TaxiiClient
}

/** An open connection to one Director. */
export interface DirectorConnection extends AsyncDisposable {
  readonly client: DirectorClient
}

/**
 * The parts a command can ask for, each made when first asked and closed at the end. The only place where
 * implementations are constructed (`createRuntime`).
 */
export interface Runtime {
  readonly options: GlobalOptions
  readonly clock: Clock
  readonly terminal: Terminal
  readonly output: OutputWriter
  /** Like `output`, on standard error: where the result goes when data itself goes to standard output (`--emit -`). */
  readonly errorOutput: OutputWriter
  /** Long work told to a person: a spinner on a terminal, a line every few seconds elsewhere, nothing with `-q`. */
  readonly progress: Progress
  /** Whole lines for standard error that are no words for a person: a log. */
  readonly errorLines: (text: string) => void
  readonly notices: NoticeSink
  /** Aborted by SIGINT, SIGTERM, SIGHUP. */
  readonly signal: AbortSignal
  /** Calls the listener at each SIGHUP, which then stops nothing any more. */
  readonly onReload: (listener: () => void) => void
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Standard input, for commands that read data or a secret from it. */
  readonly stdin: Readable
  /** Absolute; what relative paths of arguments are relative to. */
  readonly workingDirectory: string
  /** Where configuration and data live, after the environment was asked. */
  readonly folders: Folders
  /** Uniform in [0, 1); for jitter. */
  readonly random: () => number
  /** Runs other command lines inside this one, for `demo`. */
  readonly rehearsal: Rehearsal
  readonly profiles: () => Promise<ProfileStore>
  /** Credential stores, and the only way from a reference to a secret (`openCredentials`). */
  readonly credentials: () => Promise<Credentials>
  readonly store: () => Promise<Store>
  /**
   * Opens a store beside it, by default the usual one; closed at the end. `create` (default true) and `unfinished` as for
   * `openStore`.
   */
  readonly openStoreAt: (
    url?: string,
    options?: { readonly create?: boolean | undefined; readonly unfinished?: boolean | undefined },
  ) => Promise<Store>
  /** Opens a connection for a saved (or passing) profile: resolves its secrets, TLS and proxy, finds its version. */
  readonly connect: (profile: TaxiiProfile, signal: AbortSignal) => Promise<TaxiiConnection>
  /** Opens a connection for a Director profile: resolves its token, TLS and proxy. Nothing is sent yet. */
  readonly connectDirector: (profile: DirectorProfile, signal: AbortSignal) => Promise<DirectorConnection>
  /** What fetching with just the plugin's fields is done with (`fetchAsPlugin`, `preflight`). */
  readonly pluginFetch: () => Promise<PluginFetchDependencies>
}
