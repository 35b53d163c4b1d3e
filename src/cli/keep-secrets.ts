import type { CredentialStoreName, Credentials, Profile } from '../profile/profile.ts'
import { credentialStoreRegistry } from '../profile/credentials/registry.ts'
import { describeReference, entryName, isStored, secretFields, withSecret } from '../profile/secret-fields.ts'
import type { Runtime } from './runtime.ts'

/**
 * The profile with the secrets that it names as files staged for a credential store of ours, or moved there from another of
 * ours. Variables and helpers stay what they are. Nothing is written before `credentials.commit()`.
 */
export async function stageSecrets<T extends Profile>(
  profile: T,
  store: CredentialStoreName | undefined,
  credentials: Credentials,
): Promise<T> {
  if (store === undefined) return profile
  let staged = profile
  for (const { field, reference } of secretFields(profile)) {
    if (!reference || reference.from === 'env' || reference.from === 'command' || reference.from === store) continue
    const secret = await credentials.resolve(reference, { what: `the ${field}`, profile: profile.name })
    const kept = { from: store, entry: entryName(profile, field) }
    credentials.stage(kept, secret)
    staged = withSecret(staged, field, kept)
  }
  return staged
}

/** Says where each secret of a profile is or will be, a warning first for a store that does not protect it. */
export function tellPlaces(profile: Profile, terminal: Runtime['terminal']): void {
  const fields = secretFields(profile).filter(({ reference }) => reference !== undefined)
  const stores = new Set(fields.flatMap(({ reference }) => (isStored(reference) ? [reference.from] : [])))
  for (const { name, warning, title } of credentialStoreRegistry) {
    if (stores.has(name) && warning !== undefined) terminal.warn(`${profile.name}: secrets go to ${title}. ${warning}`)
  }
  for (const { field, reference } of fields) {
    if (reference) terminal.note(`${profile.name}: ${field} is in ${describeReference(reference)}`)
  }
}
