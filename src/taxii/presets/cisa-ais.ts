import type { Preset } from '../settings.ts'

/** CISA Automated Indicator Sharing, as `--preset cisa-ais`. */
export const cisaAis: Preset = {
  name: 'cisa-ais',
  title: 'CISA Automated Indicator Sharing',
  version: '2.1',
  url: 'https://ais2.cisa.dhs.gov/taxii2/',
  apiRoot: '/public/',
  authentication: 'certificate',
  authenticationHint: 'A client certificate from the federal bridge PKI.',
  accessHint: 'CISA AIS: the client certificate and the static address you connect from must both be registered.',
}
