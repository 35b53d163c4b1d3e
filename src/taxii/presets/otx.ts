import type { Preset } from '../settings.ts'

/** AlienVault OTX, as `--preset otx`. */
export const otx: Preset = {
  name: 'otx',
  title: 'AlienVault OTX',
  version: '1.1',
  url: 'https://otx.alienvault.com/taxii/discovery',
  authentication: 'basic',
  authenticationHint: 'The API key is the user name; any password that is not empty.',
  notes: ['Collections are called user_NAME; one without data ends in a time-out.'],
}
