import { Secret } from '../core/secret.ts'
import { readUrl } from '../core/url.ts'
import { unitOf } from './assumptions.ts'
import type { EnrichmentSource, FieldDifference, ListedSource, StorageLocation } from './enrichment-source.ts'

/**
 * What is known of a source beyond what a list shows, from our last write of it. `begin.unit` says something only as long
 * as the list shows its count, and the location as long as it shows the same files.
 */
export interface KnownFields {
  readonly begin?: { readonly count: number; readonly unit?: string | undefined } | undefined
  readonly certificate?:
    | {
        readonly certificateFile?: string | undefined
        readonly keyFile?: string | undefined
        readonly location?: StorageLocation | undefined
      }
    | undefined
  readonly password?: Secret | undefined
  readonly keyPassphrase?: Secret | undefined
}

export interface Comparison {
  /** Secrets as `***`. */
  readonly differences: readonly FieldDifference[]
  /** Fields of which it cannot be said whether they differ, by their path in `EnrichmentSource`. */
  readonly notComparable: readonly string[]
}

/**
 * Compares what was asked for with what the list shows. What it cannot show counts as equal only when `known` says so;
 * secrets are compared where both are known, and an absent one that is not wanted either is no question.
 * @see API reference, 7.b rule 7
 */
export function compareSources(asked: EnrichmentSource, found: ListedSource, known: KnownFields = {}): Comparison {
  const unshown = new Set(found.unshown)
  const fields = [...plainFields(asked, found), ...hiddenFields(asked, found, known)]
  const isHidden = (field: Compared): boolean => field.found === undefined || unshown.has(field.field)
  return {
    differences: fields
      .filter((field) => !isHidden(field) && field.asked !== field.found)
      .map(({ field, asked, found = '', isSecret }) => ({ field, asked, found: isSecret ? '***' : found })),
    notComparable: fields.filter((field) => isHidden(field) && !field.isNoQuestion).map(({ field }) => field),
  }
}

/** Whether two sources are the same by the only thing that names them: address and user. */
export function samePair(
  a: { readonly discoveryUrl: string; readonly basic: { readonly username: string } },
  b: { readonly discoveryUrl: string; readonly basic: { readonly username: string } },
): boolean {
  return address(a.discoveryUrl) === address(b.discoveryUrl) && a.basic.username === b.basic.username
}

interface Compared {
  readonly field: string
  readonly asked: string
  /** Undefined: cannot be seen. */
  readonly found: string | undefined
  readonly isSecret?: boolean
  readonly isNoQuestion?: boolean
}

function plainFields(asked: EnrichmentSource, found: ListedSource): readonly Compared[] {
  const pair = (field: string, a: unknown, b: unknown): Compared => ({ field, asked: String(a), found: String(b) })
  return [
    pair('enabled', asked.enabled, found.enabled),
    sameAs(pair('discoveryUrl', asked.discoveryUrl, found.discoveryUrl), address),
    pair('begin', asked.begin.count, found.begin.count),
    interval(asked, found),
    pair('stixVersion', asked.stixVersion, found.stixVersion),
    pair('basic.use', asked.basic.use, found.basic.use),
    pair('basic.username', asked.basic.username, found.basic.username),
    pair('certificate.use', asked.certificate.use, found.certificate.use),
    pair('certificate.certificateFile', asked.certificate.certificateFile, found.certificate.certificateFile),
    pair('certificate.keyFile', asked.certificate.keyFile, found.certificate.keyFile),
    pair('proxy.use', asked.proxy.use, found.proxy.use),
    pair('proxy.host', asked.proxy.host, found.proxy.host),
    pair('proxy.port', asked.proxy.port, found.proxy.port),
    sameAs(pair('proxy.protocol', asked.proxy.protocol, found.proxy.protocol), (text) => text.toLowerCase()),
  ]
}

function hiddenFields(asked: EnrichmentSource, found: ListedSource, known: KnownFields): readonly Compared[] {
  return [
    { field: 'begin.unit', asked: asked.begin.unit, found: knownUnit(found, known) },
    {
      field: 'certificate.location',
      asked: asked.certificate.location,
      found: knownLocation(found, known),
      isNoQuestion: hasNoFiles(asked) && hasNoFiles(found),
    },
    secret('basic.password', asked.basic.password, found.basic.password ?? known.password),
    secret(
      'certificate.keyPassphrase',
      asked.certificate.keyPassphrase,
      found.certificate.keyPassphrase ?? known.keyPassphrase,
    ),
  ]
}

/** The unit of `begin`, where the list or our last write of this very count tells it. */
export function knownUnit(found: ListedSource, known: KnownFields): EnrichmentSource['begin']['unit'] | undefined {
  if (found.begin.unit !== undefined) return found.begin.unit
  return known.begin?.count === found.begin.count ? unitOf(known.begin.unit ?? '') : undefined
}

/** Where the files are, where the list or our last write of these very files tells it. */
export function knownLocation(found: ListedSource, known: KnownFields): StorageLocation | undefined {
  if (found.certificate.location !== undefined) return found.certificate.location
  const { certificateFile, keyFile, location } = known.certificate ?? {}
  const isSame =
    (certificateFile ?? found.certificate.certificateFile) === found.certificate.certificateFile &&
    (keyFile ?? found.certificate.keyFile) === found.certificate.keyFile
  return isSame ? location : undefined
}

export function hasNoFiles({ certificate }: EnrichmentSource | ListedSource): boolean {
  return certificate.certificateFile === '' && certificate.keyFile === ''
}

function secret(field: string, asked: Secret, found: Secret | undefined): Compared {
  const isSame = found !== undefined && Secret.same(asked, found)
  return {
    field,
    asked: '***',
    found: found && (isSame ? '***' : 'another'),
    isSecret: true,
    isNoQuestion: asked.isEmpty,
  }
}

/** Interval and unit in one: a day is 24 hours, whichever way Director writes it. */
function interval(asked: EnrichmentSource, found: ListedSource): Compared {
  const written = ({ count, unit }: ListedSource['fetchInterval']): string => `${count} ${unitOf(unit) ?? unit}`
  const hours = ({ count, unit }: ListedSource['fetchInterval']): number | undefined =>
    ({ Hours: count, Days: count * 24, Months: undefined })[unitOf(unit) ?? 'Months']
  const isSame = hours(asked.fetchInterval) === hours(found.fetchInterval) && hours(found.fetchInterval) !== undefined
  const wanted = written(asked.fetchInterval)
  return { field: 'fetchInterval', asked: wanted, found: isSame ? wanted : written(found.fetchInterval) }
}

/** Two spellings that mean the same count as the one that was asked for. */
function sameAs(compared: Compared, meaning: (text: string) => string): Compared {
  return meaning(compared.asked) === meaning(compared.found ?? '') ? { ...compared, found: compared.asked } : compared
}

function address(text: string): string {
  return readUrl(text)?.href ?? text
}
