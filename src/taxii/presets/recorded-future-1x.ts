import type { Preset } from '../settings.ts'

/** Recorded Future (TAXII 1.1), as `--preset recorded-future-1x`. */
export const recordedFuture1x: Preset = {
  name: 'recorded-future-1x',
  title: 'Recorded Future (TAXII 1.1)',
  version: '1.1',
  url: 'https://api.recordedfuture.com/taxii',
  authentication: 'basic',
  authenticationHint: 'The API key is the password; any user name that is not empty.',
  shortestInterval: '5h',
  notes: ['Collections are named as ip_full; there is no discovery to list them.'],
}
