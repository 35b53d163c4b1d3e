import type { Preset } from '../../../src/taxii/settings.ts'

/** What matters of a provider that allows no poll over more than a day. */
export const threatConnectLike: Preset = {
  name: 'daily',
  title: 'One day at a time',
  version: '1.1',
  url: 'https://{host}/taxii/discovery/',
  authentication: 'basic',
  maxWindowMs: 86_400_000,
}
