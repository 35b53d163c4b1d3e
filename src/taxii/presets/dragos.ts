import type { Preset } from '../settings.ts'

/** Dragos WorldView, as `--preset dragos`. */
export const dragos: Preset = {
  name: 'dragos',
  title: 'Dragos WorldView',
  version: '2.1',
  url: 'https://portal.dragos.com/taxii2/',
  authentication: 'basic',
}
