import type { Preset } from '../settings.ts'

/** MISP TAXII server, as `--preset misp`. */
export const misp: Preset = {
  name: 'misp',
  title: 'MISP TAXII server',
  version: '2.1',
  url: 'https://{host}/taxii2/',
  authentication: 'basic',
}
