import type { Preset } from '../settings.ts'

/** Cybersixgill, as `--preset cybersixgill`. */
export const cybersixgill: Preset = {
  name: 'cybersixgill',
  title: 'Cybersixgill',
  version: '2.1',
  url: 'https://api.cybersixgill.com/taxii/',
  apiRoot: '/taxii/',
  authentication: 'basic',
  notes: ['There is no discovery; the collection is 102.'],
}
