import type { Preset } from '../settings.ts'

/** SWIFT ISAC, as `--preset swift-isac`. */
export const swiftIsac: Preset = {
  name: 'swift-isac',
  title: 'SWIFT ISAC',
  version: '1.1',
  url: 'https://{host}/taxii/discovery',
  authentication: 'basic',
  notes: ['Needs a login and an API key over TLS; an empty feed is an ordinary answer.'],
}
