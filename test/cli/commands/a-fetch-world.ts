import type { Runtime } from '../../../src/cli/runtime.ts'
import type { Profile } from '../../../src/profile/profile.ts'
import type { TaxiiClient } from '../../../src/taxii/client.ts'
import { aTaxiiProfile, profilesOf } from '../../support/a-profile.ts'
import { runCli, temporaryFolder } from '../../support/run-cli.ts'
import type { CliOptions, CliResult } from '../../support/run-cli.ts'

/** Saved profiles with the client each connects to, and a folder that keeps the store between command lines. */
export interface World {
  readonly folder: string
  readonly profiles: Profile[]
  readonly clients: Map<string, TaxiiClient>
  /** Connections that were opened and are not closed yet. */
  open: number
  run(commandLine: string | readonly string[], options?: CliOptions): Promise<CliResult>
}

/** A world of sources; each name becomes a profile that connects to its client. */
export function aWorld(sources: Readonly<Record<string, TaxiiClient>>): World {
  const clients = new Map(Object.entries(sources))
  const profiles: Profile[] = [...clients.keys()].map((name) => aTaxiiProfile({ name }))
  const world: World = {
    folder: temporaryFolder(),
    profiles,
    clients,
    open: 0,
    run(commandLine, options = {}) {
      const parts: Partial<Runtime> = {
        profiles: () => Promise.resolve(profilesOf(profiles)),
        connect(profile) {
          const client = clients.get(profile.name)
          if (!client) return Promise.reject(new Error('no such client'))
          world.open++
          const close = () => Promise.resolve(void world.open--)
          return Promise.resolve({ http: {} as never, client, [Symbol.asyncDispose]: close })
        },
        ...options.parts,
      }
      return runCli(commandLine, { folder: world.folder, ...options, parts })
    },
  }
  return world
}
