import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { StixTaxiiError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { whyOf } from '../core/system-fault.ts'
import type { DirectorClient } from '../director/client.ts'
import type { DirectorProfile } from '../profile/profile.ts'
import { readDesiredState, type DesiredDocument } from '../provision/desired-state.ts'
import { resolveDesired, saidSecretOf, type DesiredState } from '../provision/resolve-desired.ts'
import type { SaidSecret, SecretReference } from '../provision/source-record.ts'
import { directorFields, type DirectorFlags } from './director-fields.ts'
import { fleetBridge, type FleetBridge } from './fleet-bridges.ts'
import { layerOfProfile, profileOfLayer } from './profile-layer.ts'
import type { Runtime } from './runtime.ts'
import { stableId } from './source-environment.ts'
import { wantedDirector } from './wanted-director.ts'

/** Parts of the runtime that commands about a desired state name in `needs`. */
export const fleetNeeds = [
  'options',
  'environment',
  'workingDirectory',
  'folders',
  'profiles',
  'credentials',
  'connectDirector',
  'store',
  'clock',
  'random',
  'signal',
  'notices',
  'progress',
  'terminal',
  'output',
] as const

export type FleetParts = Pick<Runtime, (typeof fleetNeeds)[number]>

const own = { environment: false } as const

/** The file of a desired state. */
export const fileField = z
  .string()
  .meta({ ...own, short: 'f', value: 'FILE', description: 'the desired state, as `stixtaxii init` begins one' })

/** Flags of commands that look at many targets. */
export const fleetFields = {
  parallel: z.number().int().min(1).max(64).default(8).describe('targets worked on at once'),
  refresh: z
    .boolean()
    .default(false)
    .meta({
      ...own,
      description: 'have Director refresh every list first, so that changes made in its user interface are seen',
    }),
  ...directorFields,
}

/** Flags of commands that change something. */
export const changeFields = {
  timeout: z
    .number()
    .int()
    .positive()
    .optional()
    .meta({ value: 'SECONDS', description: 'how long to wait for an order (default 180, installing 900)' }),
  settleTime: z.number().int().min(0).default(15).meta({
    value: 'SECONDS',
    description: 'how long after an interrupted write its effect is looked for before it counts as not carried out',
  }),
}

/** A desired state and the Director it is for. */
export interface Fleet {
  readonly document: DesiredDocument
  /** Absolute. */
  readonly file: string
  readonly desired: DesiredState
  readonly profile: DirectorProfile
  /** Feeds that come by our own server. */
  readonly bridges: readonly FleetBridge[]
  readonly resolve: (reference: SecretReference, what: string) => Promise<Secret>
}

/**
 * Reads the desired state and works out what it means. The Director is that of the flags, else the file's, else the
 * default one.
 * @throws CLI_FLEET_UNREADABLE (config), what `readDesiredState`, `resolveDesired` and `wantedDirector` throw
 */
export async function readFleet(name: string, flags: DirectorFlags, parts: FleetParts): Promise<Fleet> {
  const file = path.resolve(parts.workingDirectory, name)
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new StixTaxiiError('CLI_FLEET_UNREADABLE', `The desired state ${name} cannot be read: ${whyOf(cause)}`, {
      kind: 'config',
      hint: 'Begin one with: stixtaxii init',
      context: { file: name },
      cause,
    })
  })
  const document = await readDesiredState(text, name)
  const profile = await directorOf(document, { file, flags, parts })
  const profiles = await parts.profiles()
  const bridges: FleetBridge[] = []
  const desired = await resolveDesired(document, {
    directory: profile,
    folder: path.dirname(file),
    layerOf: async (from) => layerOfProfile(await profileOfLayer(from, profiles)),
    bridgeOf: async (from, text) => {
      const bridge = await fleetBridge(await profileOfLayer(from, profiles), text, { director: profile, parts })
      bridges.push(bridge)
      return layerOfProfile(bridge.told)
    },
  })
  const credentials = await parts.credentials()
  const resolve: Fleet['resolve'] = (reference, what) => credentials.resolve(reference, { what })
  return { document, file, desired, profile, bridges, resolve }
}

/** Opens the Director for `use`, and closes it whatever comes. */
export async function withClient<T>(
  profile: DirectorProfile,
  { connectDirector, signal }: Pick<FleetParts, 'connectDirector' | 'signal'>,
  use: (client: DirectorClient) => Promise<T>,
): Promise<T> {
  await using connection = await connectDirector(profile, signal)
  return await use(connection.client)
}

/** Every secret that the desired state needs, read once. */
export async function readSecrets({
  desired,
  resolve,
}: Pick<Fleet, 'desired' | 'resolve'>): Promise<(reference: SaidSecret) => Secret> {
  const known = new Map<string, Secret>()
  for (const { sources } of desired.logpoints) {
    for (const { key, ensure, defined } of sources) {
      if (ensure === 'absent') continue
      for (const [name, reference] of Object.entries(defined.secrets)) {
        const id = JSON.stringify(reference)
        if (known.has(id)) continue
        known.set(
          id,
          reference.from === 'none' ? new Secret('') : await resolve(reference, `the ${name} of source ${key}`),
        )
      }
    }
  }
  return (reference) => known.get(JSON.stringify(reference)) ?? new Secret('')
}

interface DirectorContext {
  readonly file: string
  readonly flags: DirectorFlags
  readonly parts: FleetParts
}

async function directorOf(
  document: DesiredDocument,
  { file, flags, parts }: DirectorContext,
): Promise<DirectorProfile> {
  const { options, environment } = parts
  const said = document.content.director
  const isTyped = options.profile !== undefined && options.profile !== environment.STIXTAXII_PROFILE
  if (flags.directorUrl !== undefined || isTyped || said === undefined) return wantedDirector(flags, parts)
  if (said.profile !== undefined) {
    if (said.url !== undefined)
      throw document.errorAt(['director', 'url'], 'stands beside a profile, which has its own')
    const named = { ...parts, options: { ...options, profile: said.profile }, environment: {} }
    return wantedDirector(flags, named).catch((error: unknown) => {
      if (!(error instanceof StixTaxiiError)) throw error
      throw document.errorAt(['director', 'profile'], `: ${error.message}`, error.hint)
    })
  }
  if (said.url === undefined) return wantedDirector(flags, parts)
  const token = tokenOf(document, { file, flags, parts })
  const folder = path.dirname(file)
  return {
    kind: 'director',
    id: stableId('director', said.url),
    name: document.content.name,
    url: said.url,
    token,
    pools: document.content.pools ?? {},
    logpoints: document.content.logpoints ?? {},
    groups: document.content.groups ?? {},
    tls: {
      ca:
        flags.directorCa?.map((each) => path.resolve(parts.workingDirectory, each)) ??
        said.ca?.map((each) => path.resolve(folder, each)),
      pin: said.pin,
    },
    allowHttp: said.allowHttp ?? false,
  }
}

function tokenOf(document: DesiredDocument, { file, flags, parts }: DirectorContext): SecretReference {
  if (flags.directorTokenFile !== undefined) {
    return { from: 'path', path: path.resolve(parts.workingDirectory, flags.directorTokenFile) }
  }
  const said = document.content.director?.token
  const token = said && saidSecretOf(said, path.dirname(file))
  if (token !== undefined && token.from !== 'none') return token
  throw document.errorAt(
    ['director', 'token'],
    'is missing',
    'Say where it is: token: { env: STIXTAXII_DIRECTOR_TOKEN }',
  )
}
