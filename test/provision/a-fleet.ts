import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { stringify } from 'yaml'
import {
  startDirectorEmulator,
  type DirectorEmulator,
  type DirectorEmulatorOptions,
} from '../../src/simulate/director/emulator.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { runCli, temporaryFolder, type CliOptions, type CliResult } from '../support/run-cli.ts'

export const poolId = '0123456789abcdef0123456789abcdef'
export const secrets = { token: 'tok-canary-1f8a', password: 'pw-canary-77ce', passphrase: 'phrase-canary-09ab' }

/** The identifier of the Logpoint `acme/lpN`. */
export function logpointId(number: number): string {
  return `fedcba98765432100000${String(number).padStart(12, '0')}`
}

export type FleetText = Record<string, unknown>

/** A desired state of one package, two certificate files and one source on `count` Logpoints. */
export function aFleet(director: DirectorEmulator, count = 1, changes: FleetText = {}): FleetText {
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  return {
    stixtaxii: 1,
    name: 'fleet',
    director: { url: director.url, token: { file: 'token.txt' } },
    pools: { acme: poolId },
    logpoints: Object.fromEntries(numbers.map((number) => [`acme/lp${number}`, logpointId(number)])),
    package: { file: 'StixTaxii_6.1.0.pak' },
    certificates: [{ file: 'client.crt' }, { file: 'client.key' }],
    sources: { partner: aSourceText() },
    ...changes,
  }
}

export function aSourceText(changes: FleetText = {}): FleetText {
  return {
    url: 'https://taxii.example/taxii2/',
    taxiiVersion: '2.1',
    begin: '20d',
    fetchInterval: '2d',
    username: 'ann',
    password: { file: 'pw.txt' },
    certificate: 'client.crt',
    key: 'client.key',
    keyPassphrase: { file: 'passphrase.txt' },
    ...changes,
  }
}

export interface World extends AsyncDisposable {
  readonly director: DirectorEmulator
  readonly folder: string
  /** Writes the desired state to `fleet.yaml`. */
  write(fleet: FleetText | string, name?: string): void
  /** Runs a command line in the folder; orders are waited for without waiting. */
  run(
    commandLine: string,
    env?: Readonly<Record<string, string>>,
    more?: Pick<CliOptions, 'onStart'>,
  ): Promise<CliResult>
  /** Writes that reached the Director so far: calls other than reads and refreshes. */
  writes(): readonly string[]
  read(name: string): string
  /** Writes a file into the folder. */
  put(name: string, text: string): void
}

/** An emulated Director and a folder with the files that a desired state names. */
export async function aWorld(options: DirectorEmulatorOptions = {}): Promise<World> {
  const director = await startDirectorEmulator({ token: secrets.token, ...options })
  const folder = temporaryFolder()
  mkdirSync(path.join(folder, 'data'), { mode: 0o700 })
  const put = (name: string, text: string): void => writeFileSync(path.join(folder, name), text, { mode: 0o600 })
  put('token.txt', `${secrets.token}\n`)
  put('pw.txt', secrets.password)
  put('passphrase.txt', secrets.passphrase)
  put('StixTaxii_6.1.0.pak', 'PK a package')
  put('client.crt', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')
  put('client.key', '-----BEGIN PRIVATE KEY-----\nMIIC\n-----END PRIVATE KEY-----\n')
  // Its hour is the emulator's, so that what was sent a moment ago is a moment old.
  const clock = fakeClock({ start: new Date().toISOString() })
  return {
    director,
    folder,
    write: (fleet, name = 'fleet.yaml') => put(name, typeof fleet === 'string' ? fleet : stringify(fleet)),
    run: (commandLine, env, more) => runCli(commandLine, { folder, clock, env, ...more }),
    writes: () =>
      director.requests
        .filter(({ method, path: at }) => method !== 'GET' && !at.endsWith('/refreshlist'))
        .map(({ method, path: at }) => `${method} ${at}`),
    read: (name) => readFileSync(path.join(folder, name), 'utf8'),
    put,
    [Symbol.asyncDispose]: () => director.close(),
  }
}

/** The sources of `acme/lpN`, as the emulator has them. */
export function sourcesOn(director: DirectorEmulator, number = 1): readonly Record<string, unknown>[] {
  const found = director.fabric.pools[poolId]?.logpoints[logpointId(number)]?.sources ?? []
  return found as unknown as readonly Record<string, unknown>[]
}
