import type { Preset } from '../settings.ts'

/** SOCRadar, as `--preset socradar`. */
export const socradar: Preset = {
  name: 'socradar',
  title: 'SOCRadar',
  version: '2.1',
  url: 'https://taxii2.socradar.com/taxii2/',
  apiRoot: '/radar_alpha/',
  authentication: 'basic',
  notes: ['Further API roots are /radar_gamma/ and /radar_premium/.'],
}
