import { Secret } from '../core/secret.ts'
import { fillers, unitOf } from './assumptions.ts'
import { hasNoFiles, knownLocation, knownUnit, type KnownFields } from './compare-sources.ts'
import type { BeginUnit, EnrichmentSource, IntervalUnit, ListedSource, StorageLocation } from './enrichment-source.ts'

/** What a user wants to be otherwise; what is absent stays as it is. */
export interface SourceChanges {
  readonly enabled?: boolean | undefined
  readonly discoveryUrl?: string | undefined
  readonly begin?: EnrichmentSource['begin'] | undefined
  readonly fetchInterval?: EnrichmentSource['fetchInterval'] | undefined
  readonly stixVersion?: string | undefined
  readonly basic?: Partial<EnrichmentSource['basic']> | undefined
  readonly certificate?: Partial<EnrichmentSource['certificate']> | undefined
  readonly proxy?: Partial<EnrichmentSource['proxy']> | undefined
}

/** The whole source that an edit has to send, or the fields that nobody told: they are asked for, never guessed. */
export type CompletedEdit =
  | { readonly state: 'complete'; readonly source: EnrichmentSource }
  | { readonly state: 'incomplete'; readonly missing: readonly string[] }

/**
 * Makes the whole source that an edit sends: the list's entry, overlaid with the changes, and what the list cannot show
 * from the changes, else from our last write, else from secrets that came in clear. An edit replaces everything, so a
 * field that nobody told is missing, by its path in `EnrichmentSource`. Parts that are off and were never given get their
 * fillers.
 * @see API reference, 7.b rule 6
 */
export function completeEdit(listed: ListedSource, changes: SourceChanges, known: KnownFields = {}): CompletedEdit {
  const missing = new Set(listed.unshown?.filter((field) => !isChanged(field, changes)))
  const need = <T>(field: string, value: T | undefined, otherwise: T): T => {
    if (value === undefined) missing.add(field)
    return value ?? otherwise
  }
  const source: EnrichmentSource = {
    enabled: changes.enabled ?? listed.enabled,
    discoveryUrl: changes.discoveryUrl ?? listed.discoveryUrl,
    begin: changes.begin ?? {
      count: listed.begin.count,
      unit: need<BeginUnit>('begin', knownUnit(listed, known), 'Days'),
    },
    fetchInterval: changes.fetchInterval ?? {
      count: listed.fetchInterval.count,
      unit: need<IntervalUnit>('fetchInterval', intervalUnit(listed), 'Days'),
    },
    stixVersion: changes.stixVersion ?? listed.stixVersion,
    basic: basicOf(listed, changes, known, need),
    certificate: certificateOf(listed, changes, known, need),
    proxy: proxyOf(listed, changes, need),
  }
  return missing.size === 0 ? { state: 'complete', source } : { state: 'incomplete', missing: [...missing] }
}

type Need = <T>(field: string, value: T | undefined, otherwise: T) => T

function basicOf(listed: ListedSource, { basic }: SourceChanges, known: KnownFields, need: Need) {
  const use = basic?.use ?? listed.basic.use
  const username = basic?.username ?? listed.basic.username
  const filler = !use && username === '' ? new Secret(fillers.text) : undefined
  // Another user's password is not this one's.
  const former = username === listed.basic.username ? (known.password ?? listed.basic.password) : undefined
  return {
    use,
    username,
    password: need('basic.password', basic?.password ?? former ?? filler, new Secret(fillers.text)),
  }
}

function certificateOf(listed: ListedSource, changes: SourceChanges, known: KnownFields, need: Need) {
  const { certificate } = changes
  const merged = {
    use: certificate?.use ?? listed.certificate.use,
    certificateFile: certificate?.certificateFile ?? listed.certificate.certificateFile,
    keyFile: certificate?.keyFile ?? listed.certificate.keyFile,
  }
  const isOff = !merged.use && merged.certificateFile === '' && merged.keyFile === ''
  const isSameKey = merged.keyFile === listed.certificate.keyFile
  const isSamePlace = isSameKey && merged.certificateFile === listed.certificate.certificateFile
  const former = isSameKey ? (known.keyPassphrase ?? listed.certificate.keyPassphrase) : undefined
  const place = isSamePlace && !hasNoFiles(listed) ? knownLocation(listed, known) : undefined
  const [noSecret, noPlace] = isOff ? [new Secret(fillers.text), fillers.location] : []
  return {
    ...merged,
    keyPassphrase: need(
      'certificate.keyPassphrase',
      certificate?.keyPassphrase ?? former ?? noSecret,
      new Secret(fillers.text),
    ),
    location: need<StorageLocation>(
      'certificate.location',
      certificate?.location ?? place ?? noPlace,
      fillers.location,
    ),
  }
}

function proxyOf(listed: ListedSource, { proxy }: SourceChanges, need: Need): EnrichmentSource['proxy'] {
  const use = proxy?.use ?? listed.proxy.use
  const host = proxy?.host ?? listed.proxy.host
  if (!use && host === '') return fillers.proxy
  const protocol = /^https?$/.exec(listed.proxy.protocol.toLowerCase())?.[0] as 'http' | 'https' | undefined
  return {
    use,
    host,
    port: proxy?.port ?? listed.proxy.port,
    protocol: need('proxy.protocol', proxy?.protocol ?? protocol, fillers.proxy.protocol),
  }
}

function intervalUnit(listed: ListedSource): IntervalUnit | undefined {
  const unit = unitOf(listed.fetchInterval.unit)
  return unit === 'Months' ? undefined : unit
}

/** Whether the changes give a field that the list left out, by its path. */
function isChanged(field: string, changes: SourceChanges): boolean {
  const [group = '', member] = field.split('.')
  const given = (changes as Readonly<Record<string, unknown>>)[group]
  if (given === undefined || member === undefined) return given !== undefined
  return (given as Readonly<Record<string, unknown>>)[member] !== undefined
}
