import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { startDirectorEmulator } from '../simulate/director/emulator.ts'
import type { FetchSource } from '../simulate/director/plugin-fetches.ts'

/** What the demonstration's other scenes lend to this one. */
export interface DirectorScene {
  readonly folder: string
  /** How the emulated plugin fetches. */
  readonly fetchSource: FetchSource
  /** The profile whose feed is rolled out, and how many entries it has. */
  readonly profile: string
  readonly entries: number
  readonly type: (argv: readonly string[]) => Promise<void>
  readonly heading: (text: string) => Promise<void>
  readonly remark: (text: string) => Promise<void>
  readonly demand: (holds: boolean, otherwise: string) => void
}

const token = 'not-a-real-token'
const pool = '0123456789abcdef0123456789abcdef'
const logpoint = 'fedcba9876543210fedcba9876543210'

/**
 * Rolls the feed out to a Logpoint of an emulated Director: configure, plan, apply, status, and a plan that finds nothing
 * more to do. The plugin there really fetches, and what it has is compared with what the feed has.
 */
export async function rollOut(scene: DirectorScene): Promise<void> {
  const { folder, fetchSource, profile, entries, type, heading, remark, demand } = scene
  const pools = [{ id: pool, name: 'acme', logpoints: [{ id: logpoint, name: 'lp1' }] }]
  await using director = await startDirectorEmulator({ token, pools, fetchSource })
  const put = (name: string, text: string): Promise<void> => writeFile(path.join(folder, name), text, { mode: 0o600 })
  await put('token.txt', `${token}\n`)
  await put('StixTaxii_6.1.0.pak', 'a package of the demonstration\n')
  await put('fleet.yaml', fleet(profile))
  await heading('8. The same feed on a Logpoint, by way of a Director (emulated here)')
  const directory = ['--pool', `acme=${pool}`, '--logpoint', `acme/lp1=${logpoint}`]
  await type(['configure', 'director', 'hq', '--url', director.url, '--token-file', 'token.txt', ...directory])
  await remark(`fleet.yaml says what should be there:\n\n${indented(fleet(profile))}`)
  await type(['plan', '-f', 'fleet.yaml'])
  await type(['apply', '-f', 'fleet.yaml', '--yes'])
  await director.settled()
  await type(['director', 'source', 'status'])
  const fetched = director.fabric.pools[pool]?.logpoints[logpoint]?.sources[0]?.fetch.entries ?? 0
  demand(fetched === entries, `${fetched} entries are on the Logpoint, ${entries} in the feed`)
  await type(['plan', '-f', 'fleet.yaml', '--exit-code'])
  await remark(`The Logpoint fetched all ${entries} by itself, and nothing is left to do.`)
}

function fleet(profile: string): string {
  return `stixtaxii: 1
name: fleet
director: { profile: hq }
package: { file: StixTaxii_6.1.0.pak }
sources:
  shared: { from: ${profile}, begin: 30d }
`
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ')
}
