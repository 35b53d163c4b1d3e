import type { Preset } from '../settings.ts'

/** ServiceNow TISC, API version 2, as `--preset servicenow-v2`. */
export const servicenowV2: Preset = {
  name: 'servicenow-v2',
  title: 'ServiceNow TISC, API version 2',
  version: '2.1',
  url: 'https://{host}/api/sn_sec_tisc/v2/taxii_server/taxii2/',
  authentication: 'basic',
}
