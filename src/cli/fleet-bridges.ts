import type { DirectorProfile, TaxiiProfile } from '../profile/profile.ts'
import type { BridgeText } from '../provision/desired-state-schema.ts'
import type { Bridge } from '../workflow/bridge.ts'
import type { Runtime } from './runtime.ts'

type Parts = Pick<Runtime, 'clock' | 'credentials' | 'store'>

/** A bridge of a desired state. */
export interface FleetBridge {
  readonly bridge: Bridge
  /** The profile as the plugin is told it. */
  readonly told: TaxiiProfile
}

/** Works out a bridge; only its password is made, where there is none yet. @throws WORKFLOW_BRIDGE_* */
export async function fleetBridge(
  profile: TaxiiProfile,
  text: BridgeText,
  { director, parts }: { readonly director: DirectorProfile; readonly parts: Parts },
): Promise<FleetBridge> {
  const [
    { bridgedCollection, bridgedProfile, bridgeOf, bridgePassword, bridgeVersionOf, checkPublicUrl },
    { openServed },
  ] = await Promise.all([import('../workflow/bridge.ts'), import('./served-collections.ts')])
  const publicUrl = new URL(text.url)
  checkPublicUrl(publicUrl, new URL(director.url))
  const { catalogue } = await openServed(parts)
  const collection = await bridgedCollection(catalogue, profile, text.collection)
  const { credentialStore = 'file' } = text
  const version = await bridgeVersionOf(catalogue, collection, text.taxiiVersion)
  const bridge = bridgeOf(collection, { publicUrl, version, credentialStore })
  await bridgePassword(bridge, await parts.credentials())
  return { bridge, told: bridgedProfile(profile, bridge) }
}

/** Makes the accounts of bridges, before any Logpoint is told of them. */
export async function openBridges(bridges: readonly FleetBridge[], parts: Parts): Promise<void> {
  if (bridges.length === 0) return
  const [{ bridgePassword, openBridgeAccount }, { openStoreAuthentication }] = await Promise.all([
    import('../workflow/bridge.ts'),
    import('../serve/auth/store-authentication.ts'),
  ])
  await using authentication = openStoreAuthentication({ store: await parts.store(), clock: parts.clock })
  const credentials = await parts.credentials()
  for (const { bridge } of bridges) {
    await openBridgeAccount(bridge, await bridgePassword(bridge, credentials), authentication)
  }
}
