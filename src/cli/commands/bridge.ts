import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { failureOf } from '../../fetch/outcome.ts'
import type { TaxiiProfile } from '../../profile/profile.ts'
import { credentialStoreNames } from '../../profile/profile.ts'
import { readPublicUrl } from '../../serve/exposure.ts'
import type { Bridge } from '../../workflow/bridge.ts'
import {
  bridgedCollection,
  bridgedProfile,
  bridgeOf,
  bridgePassword,
  bridgeVersionOf,
  bridgeVersions,
  checkPublicUrl,
  openBridgeAccount,
} from '../../workflow/bridge.ts'
import { fetchProfile } from '../../workflow/fetch-profile.ts'
import type { RunningServer } from '../../workflow/open-server.ts'
import { pluginDefinitionOf } from '../../workflow/plugin-definition.ts'
import { watchSources } from '../../workflow/watch.ts'
import { bridgeOn } from '../bridge-target.ts'
import { defineCommand } from '../command.ts'
import { directorFields, onField, orderFields, parallelField, verifyField } from '../director-fields.ts'
import { changeTargets } from '../director-rows.ts'
import { holdKnowledge, sourceStateNeeds } from '../director-sources.ts'
import { directorNeeds, wantedLogpoints, withDirector, type OpenDirector } from '../director-targets.ts'
import { showFetching } from '../fetch-progress.ts'
import { serverFields } from '../server-fields.ts'
import { readServerOptions } from '../server-options.ts'
import { openServed } from '../served-collections.ts'
import { wantedSource } from '../wanted-sources.ts'
import { lineOf } from '../watch-reports.ts'
import { watchDependencies } from '../watch-sources.ts'

const own = { environment: false } as const

export const bridge = defineCommand({
  path: 'bridge',
  summary: 'Fetch a feed that the plugin cannot read, serve it, and point Logpoints at us',
  details:
    'Fetches SOURCE with everything its profile says, makes an account that sees that one collection only, serves it with ' +
    'plain Basic authentication, and makes (or changes) the enrichment source on each Logpoint; then goes on serving and ' +
    'fetching until it is stopped. SIGTERM ends it cleanly. Run again, it changes only what differs.\n\n' +
    'The Logpoint has to reach --public-url, over TLS. While the Director is on loopback it may be left out, to rehearse.\n\n' +
    'With --no-serve it only prepares; `stixtaxii serve` and `stixtaxii watch` then do the work.',
  examples: [
    'stixtaxii bridge acme --on acme/lp1 --public-url https://ti.example:6443/ --host 0.0.0.0 --port 6443 --tls-certificate server.crt --tls-key server.key',
    'stixtaxii bridge acme --on acme/* --public-url https://ti.example/ --behind-tls --taxii-version 1.1',
    'stixtaxii bridge acme --on acme/lp1 --public-url https://ti.example/ --no-serve -o json',
  ],
  positional: ['source'],
  input: z.object({
    source: z.string().describe('name of a TAXII profile').meta({ value: 'SOURCE' }),
    on: onField,
    collection: z
      .string()
      .optional()
      .describe('id or title of the stored collection; default: the only one')
      .meta({ ...own, value: 'C' }),
    taxiiVersion: z
      .enum(bridgeVersions)
      .optional()
      .describe('what the plugin is to speak to us; default: 1.1 for STIX 1, else 2.1')
      .meta(own),
    serve: z.boolean().default(true).describe('only prepare: serve and watch run elsewhere'),
    ...serverFields,
    credentialStore: z
      .enum(credentialStoreNames)
      .default('file')
      .describe("where the bridge's own password is kept")
      .meta(own),
    parallel: parallelField,
    ...orderFields,
    ...verifyField,
    ...directorFields,
  }),
  needs: [...directorNeeds, ...sourceStateNeeds, 'credentials', 'store', 'connect'],
  endsBySigterm: true,
  graceMs: 13_000,
  schema: 'director-targets',
  async run(input, parts) {
    // In this command `--profile` names the Director.
    const unnamed = { ...parts, options: { ...parts.options, profile: undefined } }
    const profile = await wantedSource(input.source, await parts.profiles(), unnamed)
    await withDirector(input, parts, async (director) => {
      const logpoints = wantedLogpoints(director.profile, input.on, 'one')
      const directorUrl = new URL(director.profile.url)
      if (input.publicUrl !== undefined) checkPublicUrl(readPublicUrl(input.publicUrl), directorUrl)
      await fetchOnce(profile, parts)
      const server = input.serve ? await startBridgeServer(input, parts) : undefined
      try {
        const publicUrl = publicUrlOf(input, server)
        checkPublicUrl(publicUrl, directorUrl)
        const { bridge: made, told } = await prepare(profile, publicUrl, { input, parts })
        await point(made, told, { director, logpoints, input, parts })
        if (!server) {
          const { name } = profile
          parts.terminal.note(
            `Nothing is served yet: keep \`stixtaxii serve\` reachable at ${made.discoveryUrl}, and \`stixtaxii watch ${name}\` running`,
          )
          return
        }
        parts.terminal.note(`Serving ${made.collectionName} at ${made.discoveryUrl} until stopped`)
        await keepFetching(profile, parts)
      } finally {
        await server?.close()
      }
    })
  },
})

type Input = Parameters<typeof bridge.run>[0]
type Parts = Parameters<typeof bridge.run>[1]

/** There has to be something to serve before a Logpoint asks for it. */
async function fetchOnce(profile: TaxiiProfile, parts: Parts): Promise<void> {
  const { clock, connect, notices, options, progress, signal } = parts
  const showing = showFetching(progress)
  const dependencies = { store: await parts.store(), clock, notices, connect, onProgress: showing.onProgress }
  const request = { lockTimeoutMs: options.lockTimeoutMs }
  const rows = await fetchProfile(profile, request, dependencies, signal).finally(() => showing.end())
  const failure = failureOf(rows)
  if (failure) throw failure
}

/** At the profile's own interval, until stopped. */
async function keepFetching(profile: TaxiiProfile, parts: Parts): Promise<void> {
  const { signal, terminal } = parts
  const watched = watchDependencies(parts, {
    store: await parts.store(),
    profileStore: await parts.profiles(),
    isWanted: ({ id }) => id === profile.id,
    onFetched: (rows) => {
      for (const row of rows) terminal.note(lineOf(row))
      return Promise.resolve()
    },
  })
  await watchSources(watched, 1, signal)
}

async function startBridgeServer(input: Input, parts: Parts): Promise<RunningServer> {
  const { startServer } = await import('../../workflow/open-server.ts')
  const { clock, terminal } = parts
  const { options } = await readServerOptions(input, parts)
  // Without an address of its own it is a rehearsal, and any port will do.
  const port = options.port ?? (input.publicUrl === undefined ? 0 : undefined)
  const isLogged = parts.options.verbose || input.logLevel !== undefined
  const writeLog = isLogged ? (line: string): void => terminal.note(line.trimEnd()) : undefined
  return startServer({ ...options, port }, { store: await parts.store(), clock, writeLog })
}

function publicUrlOf({ publicUrl }: Input, server: RunningServer | undefined): URL {
  if (publicUrl !== undefined) return readPublicUrl(publicUrl)
  if (server) return new URL(server.url)
  throw new StixTaxiiError('CLI_BRIDGE_URL', 'It is not said how the Logpoint reaches the server', {
    kind: 'usage',
    hint: 'Give the address of `stixtaxii serve`: --public-url https://HOST:PORT/',
  })
}

interface Context {
  readonly input: Input
  readonly parts: Parts
}

/** The account, and what the plugin is told. */
async function prepare(
  profile: TaxiiProfile,
  publicUrl: URL,
  { input, parts }: Context,
): Promise<{ bridge: Bridge; told: TaxiiProfile }> {
  const { openStoreAuthentication } = await import('../../serve/auth/store-authentication.ts')
  const store = await parts.store()
  const { catalogue } = await openServed(parts)
  const collection = await bridgedCollection(catalogue, profile, input.collection)
  const version = await bridgeVersionOf(catalogue, collection, input.taxiiVersion)
  const { credentialStore } = input
  const made = bridgeOf(collection, { publicUrl, version, credentialStore })
  await using authentication = openStoreAuthentication({ store, clock: parts.clock })
  const password = await bridgePassword(made, await parts.credentials())
  await openBridgeAccount(made, password, authentication)
  return { bridge: made, told: bridgedProfile(profile, made) }
}

/** Makes or changes the source on each Logpoint, and writes the result. */
async function point(
  made: Bridge,
  told: TaxiiProfile,
  context: Context & { readonly director: OpenDirector; readonly logpoints: ReturnType<typeof wantedLogpoints> },
): Promise<void> {
  const { director, logpoints, input, parts } = context
  const { source } = await pluginDefinitionOf(told, { credentials: await parts.credentials() })
  await holdKnowledge(parts, async (knowledge) => {
    const { profile, client } = director
    const work = bridgeOn({ director: profile, client, knowledge, source, told, flags: input }, parts)
    await changeTargets(logpoints, { parallel: input.parallel, doing: `Pointing to ${made.username} on` }, parts, work)
  })
}
