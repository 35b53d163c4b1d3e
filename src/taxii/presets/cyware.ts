import type { Preset } from '../settings.ts'

/** Cyware CTIX, as `--preset cyware`. */
export const cyware: Preset = {
  name: 'cyware',
  title: 'Cyware CTIX',
  version: '2.1',
  url: 'https://{host}/ctixapi/ctix21/taxii2',
  authentication: 'basic',
  rate: { requests: 200, perMs: 60_000 },
  notes: ['Ids change with each publish cycle, so the same indicator returns under new ids.'],
}
