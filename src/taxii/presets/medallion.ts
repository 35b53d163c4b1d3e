import type { Preset } from '../settings.ts'

/** Medallion (OASIS reference server), as `--preset medallion`. */
export const medallion: Preset = {
  name: 'medallion',
  title: 'Medallion (OASIS reference server)',
  version: 'auto',
  url: 'http://{host}:5000/taxii2/',
  authentication: 'basic',
  pageSize: 100,
}
