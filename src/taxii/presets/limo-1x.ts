import type { Preset } from '../settings.ts'

/** Anomali Limo (TAXII 1.1), as `--preset limo-1x`. */
export const limo1x: Preset = {
  name: 'limo-1x',
  title: 'Anomali Limo (TAXII 1.1)',
  version: '1.1',
  url: 'https://limo.anomali.com/api/v1/taxii/taxii-discovery-service/',
  authentication: 'basic',
  username: 'guest',
  authenticationHint: 'User guest, password guest.',
  notes: ['No new data has been reported since 2020.'],
}
