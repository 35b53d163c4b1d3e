import type { Preset } from '../settings.ts'

/** ThreatConnect (TAXII 1.1 service), as `--preset threatconnect-1x`. */
export const threatconnect1x: Preset = {
  name: 'threatconnect-1x',
  title: 'ThreatConnect (TAXII 1.1 service)',
  version: '1.1',
  url: 'https://{host}/taxii/discovery/',
  authentication: 'basic',
  authenticationHint: 'User name and password of a TAXII user account.',
  maxWindowMs: 86_400_000,
  accessHint:
    'ThreatConnect: the TAXII user must have the Organization role Standard User (for a Community or Source any role will do).',
  notes: ['A poll may span 24 hours at most: longer windows are read in slices.'],
}
