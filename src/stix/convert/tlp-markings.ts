import type { Tlp } from '../statement.ts'
import { idOf } from './ids.ts'
import { unknownTime, type StixRecord } from './stix-record.ts'

const created = '2017-01-20T00:00:00.000Z'

function standard(tlp: string, uuid: string): StixRecord {
  return {
    type: 'marking-definition',
    spec_version: '2.1',
    id: `marking-definition--${uuid}`,
    created,
    definition_type: 'tlp',
    name: `TLP:${tlp.toUpperCase()}`,
    definition: { tlp },
  }
}

/** Marking definitions that everybody has the same: TLP 1 of the standard, and what TLP 2 added to it. */
const definitions: Readonly<Record<Tlp, StixRecord>> = {
  clear: standard('white', '613f2e26-407d-48c7-9eca-b8e91df99dc9'),
  green: standard('green', '34098fce-860f-48ae-8e50-ebd3cc5e41da'),
  amber: standard('amber', 'f88d31f6-486f-44da-b317-01333bde0b82'),
  red: standard('red', '5e57c739-391a-4eb3-b6be-7d15ca92d5ed'),
  'amber+strict': {
    type: 'marking-definition',
    spec_version: '2.1',
    id: 'marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003',
    created: '2022-10-01T00:00:00.000Z',
    name: 'TLP:AMBER+STRICT',
    extensions: {
      'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d': {
        extension_type: 'property-extension',
        tlp_2_0: 'amber+strict',
      },
    },
  },
}

/** @see STIX 2.1, 7.2.1.4 (TLP marking object type); the OASIS extension definition for TLP 2.0 */
export function tlpMarking(tlp: Tlp): StixRecord {
  return definitions[tlp]
}

/** A statement or terms of use, by its text. */
export function statementMarking(statement: string): StixRecord {
  return {
    type: 'marking-definition',
    spec_version: '2.1',
    id: idOf('marking-definition', statement),
    created: unknownTime,
    definition_type: 'statement',
    definition: { statement },
  }
}
