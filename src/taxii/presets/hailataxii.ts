import type { Preset } from '../settings.ts'

/** Hail a TAXII, as `--preset hailataxii`. */
export const hailataxii: Preset = {
  name: 'hailataxii',
  title: 'Hail a TAXII',
  version: '1.1',
  url: 'http://hailataxii.com/taxii-discovery-service',
  authentication: 'basic',
  username: 'guest',
  authenticationHint: 'User guest, password guest.',
  maxWindowMs: 604_800_000,
  notes: [
    'Answers can take 90 seconds; long windows are read in slices.',
    'Subscription management is advertised and does not work.',
  ],
}
