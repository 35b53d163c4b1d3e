/** What a command needs, and how it is run. Addresses stand in braces: `{taxii2}`, `{home}`. */
export interface Scenario {
  /** As `npm run torture -- NAME` says it. */
  readonly name: string
  readonly line: string
  readonly files?: Readonly<Record<string, string>> | undefined
  /** Command lines that make what is there before. */
  readonly setup?: readonly string[] | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
  /** A file of the scenario. */
  readonly stdin?: string | undefined
  /** With the stand-in for the system's keyring. */
  readonly keyring?: boolean | undefined
  /** What is written or sent before a fault and again after it; only that every line is whole is asked. */
  readonly grows?: readonly string[] | undefined
  /** Says nothing rather than fail, by design: a shell asks it at each Tab. */
  readonly silent?: boolean | undefined
  /** JSON files that are replaced several times in one run: each time whole. */
  readonly steps?: readonly string[] | undefined
  /** Files that hold secrets because they were asked to. */
  readonly holdsSecrets?: readonly string[] | undefined
  /** Runs until it is stopped: what is asked of it once it listens. */
  readonly requests?: readonly ServedRequest[] | undefined
}

/** A request to the address that a command says it listens on. */
export interface ServedRequest {
  readonly path: string
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
}

/** Words that no output and no file of ours but a credential store may have. */
export const secrets = {
  password: 'pw-torture-5a1e',
  token: 'tok-torture-77c0',
  phrase: 'phrase-torture-e4b9',
  account: 'account-torture-41d6',
} as const
