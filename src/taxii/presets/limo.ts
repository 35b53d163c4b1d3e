import type { Preset } from '../settings.ts'

/** Anomali Limo (TAXII 2.0), as `--preset limo`. */
export const limo: Preset = {
  name: 'limo',
  title: 'Anomali Limo (TAXII 2.0)',
  version: '2.0',
  url: 'https://limo.anomali.com/taxii',
  apiRoot: '/api/v1/taxii2/feeds/',
  authentication: 'basic',
  username: 'guest',
  authenticationHint: 'User guest, password guest.',
  notes: ['Collection ids are numbers.', 'No new data has been reported since 2020.'],
}
