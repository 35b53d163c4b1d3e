import type { Preset } from '../settings.ts'

/** Kaspersky Threat Intelligence Portal, as `--preset kaspersky`. */
export const kaspersky: Preset = {
  name: 'kaspersky',
  title: 'Kaspersky Threat Intelligence Portal',
  version: '2.1',
  url: 'https://taxii.tip.kaspersky.com/taxii2/',
  apiRoot: '/v2/',
  authentication: 'basic',
  username: 'taxii',
  authenticationHint:
    'The access token is the password (a guess: the provider tells only its customers); else --auth bearer.',
  notes: ['Collections have aliases, as TAXII_*_Data_Feed.'],
}
