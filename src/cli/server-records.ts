import type { OutputRecord, Shape } from '../output/writer.ts'
import type { RunningServer } from '../workflow/open-server.ts'

/** What is told of a server that has started, for a person. */
export function servingLines(server: RunningServer, store: string): readonly string[] {
  const { taxii21, taxii20, taxii1 } = server.discovery
  const { collections } = server
  const count = `${collections} ${collections === 1 ? 'collection' : 'collections'}`
  const lines = [
    `Serving ${count} of ${store} at ${server.url}/: ${accessOf(server)}`,
    ...(taxii21 === undefined ? [] : [`TAXII 2.1  ${taxii21}`]),
    ...(taxii20 === undefined ? [] : [`TAXII 2.0  ${taxii20}`]),
    ...(taxii1 === undefined ? [] : [`TAXII 1.x  ${taxii1}`]),
  ]
  if (!server.hasAccounts && !server.anonymousReading) {
    lines.push('There is no account, so nobody can log in. Make one with: stixtaxii server account create NAME')
  }
  return lines
}

function accessOf({ hasAccounts, anonymousReading }: RunningServer): string {
  if (hasAccounts) return 'with an account only'
  return anonymousReading ? 'anybody on this machine may read (there is no account yet)' : 'with an account only'
}

export function servingRecord(server: RunningServer, store: string): OutputRecord {
  const { url, discovery, collections, hasAccounts, anonymousReading } = server
  return {
    url,
    taxii21: discovery.taxii21 ?? null,
    taxii20: discovery.taxii20 ?? null,
    taxii1: discovery.taxii1 ?? null,
    collections,
    anonymous: anonymousReading && !hasAccounts,
    accounts: hasAccounts,
    store,
  }
}

export const servingShape: Shape = {
  columns: [
    { field: 'url', head: 'URL', long: 'whole' },
    { field: 'taxii21', head: 'TAXII 2.1' },
    { field: 'taxii20', head: 'TAXII 2.0' },
    { field: 'taxii1', head: 'TAXII 1.x' },
    { field: 'collections', head: 'Collections', align: 'right' },
    { field: 'anonymous', head: 'Anonymous' },
    { field: 'accounts', head: 'Accounts' },
    { field: 'store', head: 'Store' },
  ],
  name: 'url',
}
