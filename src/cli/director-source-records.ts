import type { Logpoint } from '../director/client.ts'
import type { ListedSource } from '../director/enrichment-source.ts'
import { knownLocation, knownUnit } from '../director/compare-sources.ts'
import type { OutputFormat, OutputRecord, Shape } from '../output/writer.ts'
import type { SourceRecord } from '../provision/source-record.ts'

/** A listed source with what is known of it here. */
export interface SourceView {
  readonly logpoint: Logpoint
  readonly listed: ListedSource
  readonly record: SourceRecord | undefined
  readonly name: string | undefined
}

/** A record of `-o json`; secrets are `***` where there is one, null where nothing tells. */
export function sourceRecord({ logpoint, listed, record, name }: SourceView): OutputRecord {
  const { basic, certificate, begin } = listed
  const known = record?.written ?? {}
  return {
    target: logpoint.name,
    name: name ?? null,
    id: listed.id,
    enabled: listed.enabled,
    discoveryUrl: listed.discoveryUrl,
    begin: { count: begin.count, unit: knownUnit(listed, known) ?? null },
    fetchInterval: listed.fetchInterval,
    stixVersion: listed.stixVersion,
    basic: { use: basic.use, username: basic.username, password: basic.password === undefined ? null : '***' },
    certificate: {
      use: certificate.use,
      certificateFile: certificate.certificateFile,
      keyFile: certificate.keyFile,
      keyPassphrase: certificate.keyPassphrase === undefined ? null : '***',
      location: knownLocation(listed, known) ?? null,
    },
    proxy: listed.proxy,
  }
}

/** The same for a table: one cell each, with a question mark for what Director's list does not show. */
export function sourceRow(view: SourceView, format: OutputFormat): OutputRecord {
  const full = sourceRecord(view)
  if (format !== 'table' && format !== 'csv' && format !== 'name') return full
  const { listed, record } = view
  const { basic, certificate, proxy } = listed
  const files = [certificate.certificateFile, certificate.keyFile].filter(Boolean).join(' + ')
  const off = (isUsed: boolean, text: string): string => (isUsed || text === '' ? text : `${text} (off)`)
  return {
    ...full,
    begin: `${listed.begin.count} ${knownUnit(listed, record?.written ?? {}) ?? '?'}`,
    fetchInterval: `${listed.fetchInterval.count} ${listed.fetchInterval.unit}`,
    basic: off(basic.use, basic.username),
    certificate: off(certificate.use, files),
    proxy: off(proxy.use, proxy.host === '' ? '' : `${proxy.protocol}://${proxy.host}:${proxy.port}`),
  }
}

export const sourceListShape: Shape = {
  columns: [
    { field: 'target', head: 'Logpoint' },
    { field: 'name', head: 'Name' },
    { field: 'id', head: 'Id', long: 'whole' },
    { field: 'enabled', head: 'Enabled' },
    { field: 'discoveryUrl', head: 'Discovery', long: 'whole' },
    { field: 'begin', head: 'Begin', minor: 3 },
    { field: 'fetchInterval', head: 'Every', minor: 2 },
    { field: 'stixVersion', head: 'STIX', minor: 4 },
    { field: 'basic', head: 'User', minor: 1 },
    { field: 'certificate', head: 'Certificate', minor: 5 },
    { field: 'proxy', head: 'Proxy', minor: 6 },
  ],
  name: 'id',
  empty: 'No enrichment source there. Make one with: stixtaxii director source create SOURCE --on acme/lp1',
}
