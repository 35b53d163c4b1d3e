import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Profile } from '../../src/profile/profile.ts'
import { startDirectorEmulator } from '../../src/simulate/director/emulator.ts'
import type { DirectorEmulator, DirectorEmulatorOptions } from '../../src/simulate/director/emulator.ts'
import type { RecordedRequest } from '../../src/simulate/director/record.ts'
import { aTaxiiProfile } from '../support/a-profile.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { runCli, temporaryFolder } from '../support/run-cli.ts'
import type { CliOptions, CliResult } from '../support/run-cli.ts'

export const poolId = '0123456789abcdef0123456789abcdef'
const otherPoolId = 'abcdefabcdefabcdefabcdefabcdefab'
export const token = 'the-token-of-the-test'

/** `lp1` is 32 times the digit 1, and so on. */
export function logpointId(number: number): string {
  return number.toString(16).padStart(2, '0').repeat(16)
}

export interface DirectorWorld extends AsyncDisposable {
  readonly director: DirectorEmulator
  /** Where profiles, data and the files of the test are. */
  readonly folder: string
  /** Runs a command line; split at blanks. */
  run(commandLine: string, options?: CliOptions): Promise<CliResult>
  /** As `run`, with `-o json`, and its output read. */
  json<T>(commandLine: string, options?: CliOptions): Promise<CliResult & { readonly data: T }>
  file(name: string, content: string | Buffer): Promise<string>
  /** Requests that were made since the last call of this, without those of orders. */
  sent(): readonly RecordedRequest[]
}

export interface Row {
  readonly target: string
  readonly status: string
  readonly id: string | null
  readonly order: string | null
  readonly differences: readonly { readonly field: string; readonly asked: string; readonly found: string }[]
  readonly notComparable: readonly string[]
  readonly message: string | null
  readonly error: {
    readonly code: string
    readonly kind: string
    readonly message: string
    readonly hint: string
  } | null
}

export interface Results<T = Row> {
  readonly results: readonly T[]
  readonly totals: Readonly<Record<string, number>>
}

/**
 * An emulated Director with the plugin on each Logpoint, and a profile `hq` that names `acme/lp1` to `acme/lpN` and
 * `beta/lp1`. `profiles`: TAXII profiles besides. Waiting for orders takes no time.
 */
export async function aDirectorWorld(
  options: DirectorEmulatorOptions & { readonly logpoints?: number; readonly profiles?: readonly Profile[] } = {},
): Promise<DirectorWorld> {
  const { logpoints: count = 2, profiles = [], ...emulated } = options
  const director = await startDirectorEmulator({ plugin: 'StixTaxii_6.1.0.pak', token, ...emulated })
  const folder = temporaryFolder()
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  const own = numbers.map((number) => [`acme/lp${number}`, logpointId(number)])
  await mkdir(join(folder, 'config'), { mode: 0o700 })
  const file = async (name: string, content: string | Buffer): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, content, { mode: 0o600 })
    return path
  }
  const hq: Profile = {
    kind: 'director',
    id: '00000000-0000-4000-8000-00000000000a',
    name: 'hq',
    url: director.url,
    token: { from: 'path', path: await file('token', `${token}\n`) },
    pools: { acme: poolId, beta: otherPoolId },
    logpoints: { ...(Object.fromEntries(own) as Record<string, string>), 'beta/lp1': logpointId(200) },
    groups: { all: ['*'], europe: ['acme/lp1', 'beta/*'] },
    tls: {},
    allowHttp: false,
  }
  const document = { version: 1, defaults: {}, profiles: [hq, ...profiles] }
  await file('config/profiles.json', JSON.stringify(document))
  const clock = fakeClock({ start: '2026-03-04T05:06:07.000Z' })
  const run: DirectorWorld['run'] = (line, more) => runCli(line, { folder, clock, ...more })
  let seen = 0
  return {
    director,
    folder,
    run,
    file,
    async json<T>(line: string, more?: CliOptions) {
      const result = await run(`${line} -o json`, more)
      return { ...result, data: (result.stdout === '' ? undefined : JSON.parse(result.stdout)) as T }
    },
    sent() {
      const fresh = director.requests.slice(seen)
      seen = director.requests.length
      return fresh.filter(({ path }) => !path.startsWith('/monitorapi'))
    },
    [Symbol.asyncDispose]: () => director.close(),
  }
}

/** A saved profile that the plugin can be told, with its password in a file of the test. */
export function anAcmeProfile(more: Parameters<typeof aTaxiiProfile>[0] = {}): Profile {
  return aTaxiiProfile({
    id: '00000000-0000-4000-8000-00000000000b',
    name: 'feed',
    url: 'https://feed.example/taxii2/',
    version: '2.1',
    begin: '20d',
    fetchInterval: '2d',
    ...more,
  })
}
