import type { Preset } from '../settings.ts'

/** ThreatConnect (TAXII 2.1 service app), as `--preset threatconnect`. */
export const threatconnect: Preset = {
  name: 'threatconnect',
  title: 'ThreatConnect (TAXII 2.1 service app)',
  version: '2.1',
  url: 'https://{host}/api/services/taxii2/v1/taxii2',
  authentication: 'basic',
  authenticationHint: 'User name and password of a TAXII user account.',
  trailingSlash: 'never',
  pageSize: 1_000,
  repairs: ['prefix-bare-ids'],
  accessHint:
    'ThreatConnect: the TAXII Server Service app must be installed and running, and the TAXII user must have the Organization role Standard User (for a Community or Source any role will do).',
  notes: [
    'A collection can be named by its id or by its owner, as "Demo Organization".',
    'The discovery address lies below the service path shown in the user interface, not at the root of the host.',
  ],
}
