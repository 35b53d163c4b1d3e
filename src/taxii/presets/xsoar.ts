import type { Preset } from '../settings.ts'

/** Cortex XSOAR TAXII2 Server, as `--preset xsoar`. */
export const xsoar: Preset = {
  name: 'xsoar',
  title: 'Cortex XSOAR TAXII2 Server',
  version: '2.1',
  url: 'https://{host}/instance/execute/{instance}/taxii2/',
  authentication: 'basic',
  notes: ['The API root is called threatintel.'],
}
