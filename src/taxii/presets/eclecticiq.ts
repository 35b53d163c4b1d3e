import type { Preset } from '../settings.ts'

/** EclecticIQ Intelligence Center, as `--preset eclecticiq`. */
export const eclecticiq: Preset = {
  name: 'eclecticiq',
  title: 'EclecticIQ Intelligence Center',
  version: '2.1',
  url: 'https://{host}/taxii2/',
  authentication: 'basic',
  pageSize: 100,
}
