import type { Preset } from '../settings.ts'

/** MITRE ATT&CK, as `--preset mitre-attack`. */
export const mitreAttack: Preset = {
  name: 'mitre-attack',
  title: 'MITRE ATT&CK',
  version: '2.1',
  url: 'https://attack-taxii.mitre.org/taxii2/',
  authentication: 'none',
  pageSize: 10_000,
  shortestInterval: '1d',
  rate: { requests: 50, perMs: 600_000 },
  notes: ['The server allows 50 requests in 10 minutes from one address.', 'Collection ids are not always UUIDs.'],
}
