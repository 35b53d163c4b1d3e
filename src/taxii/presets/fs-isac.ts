import type { Preset } from '../settings.ts'

/** FS-ISAC, as `--preset fs-isac`. */
export const fsIsac: Preset = {
  name: 'fs-isac',
  title: 'FS-ISAC',
  version: '1.1',
  url: 'https://{host}/taxii-discovery-service/',
  authentication: 'basic',
  accessHint: 'The address you connect from must be on the provider’s allow-list.',
}
