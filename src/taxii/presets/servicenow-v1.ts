import type { Preset } from '../settings.ts'

/** ServiceNow TISC, API version 1, as `--preset servicenow-v1`. */
export const servicenowV1: Preset = {
  name: 'servicenow-v1',
  title: 'ServiceNow TISC, API version 1',
  version: '2.1',
  url: 'https://{host}/api/sn_sec_tisc/v1/taxii_server/taxii2',
  authentication: 'basic',
  trailingSlash: 'never',
}
