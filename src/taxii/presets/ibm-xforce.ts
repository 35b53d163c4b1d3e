import type { Preset } from '../settings.ts'

/** IBM X-Force Exchange, as `--preset ibm-xforce`. */
export const ibmXforce: Preset = {
  name: 'ibm-xforce',
  title: 'IBM X-Force Exchange',
  version: '2.0',
  url: 'https://api.xforce.ibmcloud.com/taxii2',
  authentication: 'basic',
  authenticationHint: 'API key as the user name, API password as the password.',
  notes: ['match[type] is ignored: other types come too.'],
}
