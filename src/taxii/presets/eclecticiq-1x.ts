import type { Preset } from '../settings.ts'

/** EclecticIQ Intelligence Center (TAXII 1.x), as `--preset eclecticiq-1x`. */
export const eclecticiq1x: Preset = {
  name: 'eclecticiq-1x',
  title: 'EclecticIQ Intelligence Center (TAXII 1.x)',
  version: '1.1',
  url: 'https://{host}/taxii/discovery',
  authentication: 'jwt',
  authenticationHint: 'User name and password; they are exchanged for a token.',
}
