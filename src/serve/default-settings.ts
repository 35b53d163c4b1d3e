import type { ServeSettings } from './parts.ts'

/** What is served as long as nobody says otherwise. */
export const defaultServeSettings: ServeSettings = {
  taxii1: {
    isEnabled: true,
    saveRawInboxMessages: false,
    unauthorizedStatus: 'UNAUTHORIZED',
    countBlocksInPollResponses: true,
    maxContentLength: 100 * 1024 * 1024,
  },
  taxii2: {
    isEnabled: true,
    title: 'stixtaxii',
    maxContentLength: 100 * 1024 * 1024,
    publicDiscovery: false,
    allowCustomProperties: true,
    maxPageSize: 1000,
  },
  schemes: { basic: true, bearer: true },
  anonymousReading: true,
}

/** OpenTAXII's port, so that a client that knew one finds the other. */
export const defaultPort = 9000
