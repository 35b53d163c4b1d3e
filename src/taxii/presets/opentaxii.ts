import type { Preset } from '../settings.ts'

/** OpenTAXII, as `--preset opentaxii`. */
export const opentaxii: Preset = {
  name: 'opentaxii',
  title: 'OpenTAXII',
  version: 'auto',
  url: 'https://{host}/taxii2/',
  authentication: 'basic',
  notes: ['TAXII 1.x is at /services/discovery; a JWT login at /management/auth.'],
}
