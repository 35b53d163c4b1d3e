import type { Preset } from '../settings.ts'

/** Palo Alto Networks Unit 42, as `--preset unit42`. */
export const unit42: Preset = {
  name: 'unit42',
  title: 'Palo Alto Networks Unit 42',
  version: '2.0',
  url: 'https://stix2.unit42.org/taxii/',
  authentication: 'basic',
}
