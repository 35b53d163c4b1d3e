import type { Preset } from '../settings.ts'

/** Sekoia.io, as `--preset sekoia`. */
export const sekoia: Preset = {
  name: 'sekoia',
  title: 'Sekoia.io',
  version: '2.1',
  url: 'https://app.sekoia.io/api/v2/inthreat/taxii-server/taxii',
  apiRoot: '/api/v2/inthreat/taxii-server/',
  authentication: 'basic',
  authenticationHint: 'The API key is the password; any user name.',
  pageSize: 2_000,
  username: 'sekoia',
}
