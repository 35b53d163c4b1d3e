import type { Preset } from '../settings.ts'

/** Recorded Future (TAXII 2.1), as `--preset recorded-future`. */
export const recordedFuture: Preset = {
  name: 'recorded-future',
  title: 'Recorded Future (TAXII 2.1)',
  version: '2.1',
  url: 'https://api.recordedfuture.com/taxii2/',
  apiRoot: '/taxii2/default/',
  authentication: 'basic',
  authenticationHint: 'The API key is the password; any user name that is not empty.',
  shortestInterval: '5h',
  notes: ['Large risk lists are under the API root /taxii2/large/.'],
}
