import { startTaxii1Server } from './taxii1-server.ts'
import type { Taxii1Server } from './taxii1-server.ts'
import { startTaxii2Server } from './taxii2-server.ts'
import type { Taxii2Server } from './taxii2-server.ts'
import type { Personality, PersonalityContent } from './personality.ts'
import { attack, attack20 } from './personalities/attack.ts'
import { limo, limo1 } from './personalities/limo.ts'
import { medallion } from './personalities/medallion.ts'
import { opencti } from './personalities/opencti.ts'
import { eclecticiq, eclecticiq1, opentaxii } from './personalities/opentaxii.ts'
import {
  cisaAis,
  cybersixgill,
  cyware,
  hailataxii,
  kaspersky,
  pulsedive,
  socradar,
  xsoar,
} from './personalities/others.ts'
import { otx } from './personalities/otx.ts'
import { crowdsec, dragos, misp, unit42, xforce } from './personalities/plain.ts'
import { recordedFuture, recordedFuture1 } from './personalities/recorded-future.ts'
import { sekoia } from './personalities/sekoia.ts'
import { servicenow1, servicenow2 } from './personalities/servicenow.ts'
import { fsIsac, swiftIsac } from './personalities/sharing-groups.ts'
import { threatconnect, threatconnect1 } from './personalities/threatconnect.ts'

/** Every provider the simulator can look like. */
export const personalities: readonly Personality[] = [
  attack,
  attack20,
  cisaAis,
  crowdsec,
  cybersixgill,
  cyware,
  dragos,
  eclecticiq,
  eclecticiq1,
  fsIsac,
  hailataxii,
  kaspersky,
  limo,
  limo1,
  medallion,
  misp,
  opencti,
  opentaxii,
  otx,
  pulsedive,
  recordedFuture,
  recordedFuture1,
  sekoia,
  servicenow1,
  servicenow2,
  socradar,
  swiftIsac,
  threatconnect,
  threatconnect1,
  unit42,
  xforce,
  xsoar,
]

/** A running likeness: the address its customers are mailed, and the server behind it. */
export type RunningPersonality = { readonly personality: Personality; readonly url: string } & (
  { readonly family: 1; readonly server: Taxii1Server } | { readonly family: 2; readonly server: Taxii2Server }
)

/** Starts a server that behaves like the provider, with this content. The caller closes `server`. */
export async function startPersonality(
  personality: Personality,
  content: PersonalityContent = {},
): Promise<RunningPersonality> {
  if (personality.family === 1) {
    const server = await startTaxii1Server(personality.options(content))
    return { personality, family: 1, server, url: server.url + personality.mail.path }
  }
  const server = await startTaxii2Server(personality.options(content))
  return { personality, family: 2, server, url: server.url + personality.mail.path }
}
