import type { Preset } from '../settings.ts'

/** CrowdSec, as `--preset crowdsec`. */
export const crowdsec: Preset = {
  name: 'crowdsec',
  title: 'CrowdSec',
  version: '2.1',
  url: 'https://{host}/taxii2/',
  authentication: 'basic',
  notes: ['About 1.2 million indicators come with the first poll.'],
}
