import { randomUUID } from 'node:crypto'
import { StixTaxiiError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { Exchange } from './exchange.ts'
import { checkProfileName } from './names.ts'
import type { CredentialStoreName, Credentials, Profile, ProfileStore } from './profile.ts'
import { entryName, isStored, secretFields, storedReferences, withSecret } from './secret-fields.ts'

export interface ImportOptions {
  readonly replace: boolean
  /** Old name to new name. */
  readonly rename: ReadonlyMap<string, string>
  readonly allowCommands: boolean
  readonly credentialStore?: CredentialStoreName | undefined
}

export interface Imported {
  readonly profile: Profile
  readonly action: 'created' | 'replaced'
  /** Secrets whose store has no such entry here. */
  readonly missing: readonly string[]
}

/**
 * Takes over exported profiles, all or none: everything is checked before the first is saved.
 *
 * A profile keeps its id, so that checkpoints fit, unless that id is taken here; one that replaces another takes that
 * one's id.
 * @throws PROFILE_NAME_TAKEN (conflict), PROFILE_IMPORT_COMMAND (refused), PROFILE_IMPORT_STORE, PROFILE_NAME_INVALID (usage)
 */
export async function importProfiles(
  exchange: Exchange,
  options: ImportOptions,
  parts: {
    readonly profiles: ProfileStore
    readonly credentials: Credentials
    /** Told the profiles as they will be saved, before anything is written. */
    readonly onReady: (profiles: readonly Profile[]) => void
  },
): Promise<readonly Imported[]> {
  if (exchange.secrets.size > 0 && options.credentialStore === undefined) throw noStore()
  const present = await parts.profiles.list()
  const ready = exchange.profiles.map((profile) => place(profile, exchange, options, present, parts.credentials))
  refuseTwins(ready.map(({ profile }) => profile))
  parts.onReady(ready.map(({ profile }) => profile))
  const putBack = await parts.credentials.commit(ready.flatMap(({ profile }) => storedReferences(profile)))
  const imported: Imported[] = []
  for (const { profile, action } of ready) {
    try {
      await parts.profiles.save(profile)
    } catch (error) {
      // Of several, those that are saved need theirs.
      if (imported.length === 0) await putBack()
      throw error
    }
    imported.push({ profile, action, missing: await missingSecrets(profile, parts.credentials) })
  }
  return imported
}

function place(
  given: Profile,
  { secrets }: Exchange,
  { replace, rename, allowCommands, credentialStore }: ImportOptions,
  present: readonly Profile[],
  credentials: Credentials,
): { profile: Profile; action: Imported['action'] } {
  const command = secretFields(given).find(({ reference }) => reference?.from === 'command')
  if (command && !allowCommands) throw runsCommand(given, command.field)
  const name = checkProfileName(rename.get(given.name) ?? given.name)
  const holder = present.find((profile) => profile.name.toLowerCase() === name.toLowerCase())
  if (holder && (!replace || holder.kind !== given.kind)) throw taken(name, holder.kind !== given.kind)
  const isIdTaken = present.some(({ id }) => id === given.id)
  const id = holder?.id ?? (isIdTaken ? randomUUID() : given.id)
  let profile: Profile = { ...given, id, name }
  for (const [field, secret] of secrets.get(given.name) ?? new Map<string, Secret>()) {
    const kept = { from: credentialStore ?? 'sealed', entry: entryName(profile, field) }
    credentials.stage(kept, secret)
    profile = withSecret(profile, field, kept)
  }
  return { profile, action: holder ? 'replaced' : 'created' }
}

/** Only our own stores are asked: a file or variable of another machine may still be put in place. */
async function missingSecrets(profile: Profile, credentials: Credentials): Promise<string[]> {
  const missing: string[] = []
  for (const { field, reference } of secretFields(profile)) {
    if (!isStored(reference)) continue
    const found = await credentials.resolve(reference, { what: `the ${field}` }).catch(() => undefined)
    if (found === undefined) missing.push(field)
  }
  return missing
}

function refuseTwins(profiles: readonly Profile[]): void {
  const seen = new Set<string>()
  for (const { name, id } of profiles) {
    for (const key of [name.toLowerCase(), id]) {
      if (seen.has(key)) throw taken(name, false)
      seen.add(key)
    }
  }
}

function taken(name: string, isOtherKind: boolean): StixTaxiiError {
  return new StixTaxiiError('PROFILE_NAME_TAKEN', `There is already a profile "${name}"; nothing was imported`, {
    kind: 'conflict',
    hint: `Import it under another name (--rename ${name}=NEW)${isOtherKind ? '.' : ', or replace the present one (--replace).'}`,
    context: { name },
  })
}

function runsCommand(profile: Profile, field: string): StixTaxiiError {
  const message = `Profile "${profile.name}" would run a program for its ${field}; nothing was imported`
  return new StixTaxiiError('PROFILE_IMPORT_COMMAND', message, {
    kind: 'refused',
    hint: 'Look at the file. If you trust it: --allow-commands',
    context: { name: profile.name, field },
  })
}

function noStore(): StixTaxiiError {
  return new StixTaxiiError('PROFILE_IMPORT_STORE', 'The file holds secrets, and no place was named for them', {
    kind: 'usage',
    hint: 'Choose: --credential-store keyring, sealed or file. Nothing was imported.',
  })
}
