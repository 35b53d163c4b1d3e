import type { Preset } from '../settings.ts'

/** MITRE ATT&CK (the old 2.0 server), as `--preset mitre-attack-20`. */
export const mitreAttack20: Preset = {
  name: 'mitre-attack-20',
  title: 'MITRE ATT&CK (the old 2.0 server)',
  version: '2.0',
  url: 'https://cti-taxii.mitre.org/taxii/',
  authentication: 'none',
  shortestInterval: '1d',
  rate: { requests: 10, perMs: 600_000 },
  ignoresBegin: true,
  notes: ['Replaced by the preset mitre-attack; this server ignores added_after.'],
}
