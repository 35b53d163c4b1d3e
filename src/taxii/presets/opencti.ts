import type { Preset } from '../settings.ts'

/** OpenCTI, as `--preset opencti`. */
export const opencti: Preset = {
  name: 'opencti',
  title: 'OpenCTI',
  version: '2.1',
  url: 'https://{host}/taxii2/',
  apiRoot: '/taxii2/root',
  authentication: 'bearer',
  authenticationHint: 'A token of an OpenCTI user; Basic works too.',
  pageSize: 500,
}
