import { isDeepStrictEqual } from 'node:util'
import { durationMs, parseDuration } from '../core/duration.ts'
import { StixTaxiiError } from '../core/errors.ts'
import type { OutputRecord, Shape } from '../output/writer.ts'
import { hasSecrets } from '../workflow/access-of.ts'
import type { Profile, ProfileStore, TaxiiProfile } from '../profile/profile.ts'
import { storedReferences } from '../profile/secret-fields.ts'
import type { Preset } from '../taxii/settings.ts'
import { confirmOrStop } from './confirm.ts'
import { tellPlaces } from './keep-secrets.ts'
import { profileRow } from './profile-records.ts'
import type { Runtime } from './runtime.ts'
import type { SourceFlags } from './source-fields.ts'
import type { TriedDirector } from './try-director.ts'
import type { TriedSource } from './try-source.ts'

export type ConfigureParts = Pick<
  Runtime,
  | 'options'
  | 'terminal'
  | 'environment'
  | 'workingDirectory'
  | 'stdin'
  | 'signal'
  | 'profiles'
  | 'credentials'
  | 'connect'
  | 'output'
>

/** What `configure taxii` was told. */
export interface SourceRequest {
  readonly name: string | undefined
  readonly flags: Partial<SourceFlags>
  /** Whether to connect before anything is saved. */
  readonly test: boolean
}

/** What `configure` has made, and what it knows of it. */
export interface Configured<T extends Profile = Profile> {
  readonly profile: T
  /** As it was before; undefined for a new one. */
  readonly former: T | undefined
  /** What the test found; undefined when there was none. */
  readonly tried: TriedSource | TriedDirector | undefined
}

/** Writes the staged secrets, then the profile; entries that nothing names any more are removed. */
export async function saveConfigured({ profile, former }: Configured, parts: ConfigureParts): Promise<void> {
  tellPlaces(profile, parts.terminal)
  const credentials = await parts.credentials()
  const profiles = await parts.profiles()
  const putBack = await credentials.commit(storedReferences(profile))
  try {
    await profiles.save(profile)
  } catch (error) {
    if (!(await isSaved({ profile, former }, profiles))) await putBack()
    throw error
  }
  const kept = new Set(storedReferences(profile).map(({ from, entry }) => `${from}:${entry}`))
  for (const { from, entry } of former ? storedReferences(former) : []) {
    if (kept.has(`${from}:${entry}`)) continue
    // The profile is saved; a store that cannot be opened now must not make that look like a failure.
    const store = await credentials.open(from).catch(() => undefined)
    const removed = await store?.remove(entry).catch(() => undefined)
    if (removed === undefined) parts.terminal.warn(`the former secret ${entry} is still in the ${from} store`)
  }
}

/**
 * Whether a profile is in the file although saving it failed: what fails behind the writing (a lock that could not be given
 * back) has saved it, and its secrets must stay, as they must where the file cannot be read.
 */
async function isSaved(
  { profile, former }: Pick<Configured, 'profile' | 'former'>,
  profiles: ProfileStore,
): Promise<boolean> {
  if (former !== undefined && isSame(profile, former)) return false
  const saved = await profiles.list().catch(() => undefined)
  return saved === undefined || saved.some((each) => isSame(each, profile))
}

/** As the file has them: a field that is undefined is not there. */
function isSame(a: Profile, b: Profile): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)))
}

/** The record `configure` ends with. */
export function configuredRecord({ profile, former, tried }: Configured): OutputRecord {
  return {
    ...profileRow(profile, []),
    collections: profile.kind === 'taxii' ? profile.collections : [],
    offered: tried && 'collections' in tried ? tried.collections.length : null,
    tested: tried !== undefined,
    created: former === undefined,
  }
}

export const configuredShape: Shape = {
  columns: [
    { field: 'name', head: 'Name' },
    { field: 'kind', head: 'Kind' },
    { field: 'url', head: 'URL' },
    { field: 'version', head: 'Version' },
    { field: 'authentication', head: 'Auth' },
    { field: 'credentials', head: 'Secrets in' },
    { field: 'collections', head: 'Collections' },
    { field: 'offered', head: 'Offered' },
    { field: 'tested', head: 'Tested' },
    { field: 'enabled', head: 'Enabled', minor: 1 },
    { field: 'default', head: 'Default', minor: 2 },
    { field: 'insecure', head: 'Insecure', minor: 3 },
    { field: 'from', head: 'From', minor: 4 },
    { field: 'created', head: 'Created', minor: 5 },
    { field: 'targets', head: 'Created on', minor: 0 },
  ],
  name: 'name',
}

/**
 * Asks before verification is switched off, and says what else an edit brings with it.
 * @throws CLI_CANNOT_ASK (usage) when verification is to be off and nobody confirms it.
 */
export async function confirmRisks(
  profile: TaxiiProfile,
  former: TaxiiProfile | undefined,
  preset: Preset | undefined,
  parts: ConfigureParts,
): Promise<void> {
  const { host, origin } = new URL(profile.url)
  if (profile.tls.insecure && !former?.tls.insecure) {
    await confirmOrStop(parts, `Do not verify who ${host} is? Whoever sits in between can read and change everything.`)
  }
  if (former && new URL(former.url).origin !== origin && hasSecrets(profile)) {
    parts.terminal.warn(`the secrets of ${profile.name} will now be sent to ${origin}`)
  }
  const [interval, shortest] = [profile.fetchInterval, preset?.shortestInterval].map((text) =>
    parseDuration(text ?? ''),
  )
  if (interval && shortest && durationMs(interval) < durationMs(shortest)) {
    parts.terminal.warn(`${preset?.title ?? ''} asks for intervals of ${preset?.shortestInterval ?? ''} or more`)
  }
}

/** The error for a question that nobody answered. */
export function missingFlag(flag: string, hint: string): StixTaxiiError {
  return new StixTaxiiError('PROFILE_FLAG_MISSING', `${flag} is missing`, {
    kind: 'usage',
    hint,
    context: { flag },
  })
}
