import type { Preset } from '../settings.ts'
import { cisaAis } from './cisa-ais.ts'
import { crowdsec } from './crowdsec.ts'
import { cybersixgill } from './cybersixgill.ts'
import { cyware } from './cyware.ts'
import { dragos } from './dragos.ts'
import { eclecticiq } from './eclecticiq.ts'
import { eclecticiq1x } from './eclecticiq-1x.ts'
import { fsIsac } from './fs-isac.ts'
import { hailataxii } from './hailataxii.ts'
import { ibmXforce } from './ibm-xforce.ts'
import { kaspersky } from './kaspersky.ts'
import { limo } from './limo.ts'
import { limo1x } from './limo-1x.ts'
import { medallion } from './medallion.ts'
import { misp } from './misp.ts'
import { mitreAttack } from './mitre-attack.ts'
import { mitreAttack20 } from './mitre-attack-20.ts'
import { opencti } from './opencti.ts'
import { opentaxii } from './opentaxii.ts'
import { otx } from './otx.ts'
import { pulsedive } from './pulsedive.ts'
import { recordedFuture } from './recorded-future.ts'
import { recordedFuture1x } from './recorded-future-1x.ts'
import { sekoia } from './sekoia.ts'
import { servicenowV1 } from './servicenow-v1.ts'
import { servicenowV2 } from './servicenow-v2.ts'
import { socradar } from './socradar.ts'
import { swiftIsac } from './swift-isac.ts'
import { threatconnect } from './threatconnect.ts'
import { threatconnect1x } from './threatconnect-1x.ts'
import { unit42 } from './unit42.ts'
import { xsoar } from './xsoar.ts'

/** Every provider preset, by name. A new one is a file here and a line in this list. */
export const presets: readonly Preset[] = [
  cisaAis,
  crowdsec,
  cybersixgill,
  cyware,
  dragos,
  eclecticiq,
  eclecticiq1x,
  fsIsac,
  hailataxii,
  ibmXforce,
  kaspersky,
  limo,
  limo1x,
  medallion,
  misp,
  mitreAttack,
  mitreAttack20,
  opencti,
  opentaxii,
  otx,
  pulsedive,
  recordedFuture,
  recordedFuture1x,
  sekoia,
  servicenowV1,
  servicenowV2,
  socradar,
  swiftIsac,
  threatconnect,
  threatconnect1x,
  unit42,
  xsoar,
]

/** Names for `--preset`, in order. */
export const presetNames: readonly string[] = presets.map((preset) => preset.name)

/** The preset of that name; undefined when there is none. */
export function findPreset(name: string): Preset | undefined {
  return presets.find((preset) => preset.name === name)
}
