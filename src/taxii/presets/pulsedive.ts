import type { Preset } from '../settings.ts'

/** Pulsedive, as `--preset pulsedive`. */
export const pulsedive: Preset = {
  name: 'pulsedive',
  title: 'Pulsedive',
  version: '2.1',
  url: 'https://pulsedive.com/taxii2/',
  apiRoot: '/taxii2/api/',
  authentication: 'basic',
  username: 'taxii2',
  authenticationHint: 'User taxii2, the API key is the password.',
}
