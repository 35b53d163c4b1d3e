import type { BeginUnit, EnrichmentSource, IntervalUnit } from '../director/enrichment-source.ts'
import { beginOf, fetchIntervalOf, neutralProxy, proxyAddressOf, stixVersionOf } from '../director/definition.ts'
import { Secret } from '../core/secret.ts'
import type { KnownSource, SaidSecret, SecretField } from './source-record.ts'

/**
 * One layer of a source's definition: a profile, what stands in the file, an override. Later layers win field by field.
 */
export interface SourceLayer {
  readonly enabled?: boolean | undefined
  readonly url?: string | undefined
  readonly begin?: string | undefined
  readonly fetchInterval?: string | undefined
  readonly taxiiVersion?: string | undefined
  readonly stixVersion?: string | undefined
  readonly username?: string | undefined
  readonly password?: SaidSecret | undefined
  readonly useBasic?: boolean | undefined
  readonly certificate?: string | undefined
  readonly key?: string | undefined
  readonly keyPassphrase?: SaidSecret | undefined
  readonly useCertificate?: boolean | undefined
  readonly certificateLocation?: 'private' | 'public' | undefined
  readonly proxy?: string | undefined
  readonly useProxy?: boolean | undefined
}

/** A field of a source by its path in `EnrichmentSource`. */
export type SourceFieldPath = (typeof shownFields)[number]['path'] | 'begin.unit' | (typeof secretPaths)[SecretField]

/** A whole definition whose secrets are references. */
export interface DefinedSource {
  readonly known: KnownSource
  readonly secrets: Readonly<Partial<Record<SecretField, SaidSecret>>>
  /**
   * Fields that nobody said anything about: `known` holds the neutral filler for a new source, and what an existing one has
   * there is kept and not compared.
   */
  readonly unsaid: readonly SourceFieldPath[]
}

/** The fields of a source as a person sees them, without its secrets: their paths, and how each reads. */
export const shownFields = [
  { path: 'enabled', of: (source: KnownSource) => String(source.enabled) },
  { path: 'discoveryUrl', of: (source: KnownSource) => source.discoveryUrl },
  { path: 'begin', of: ({ begin }: KnownSource) => `${begin.count} ${begin.unit ?? ''}`.trim() },
  { path: 'fetchInterval', of: ({ fetchInterval }: KnownSource) => `${fetchInterval.count} ${fetchInterval.unit}` },
  { path: 'stixVersion', of: (source: KnownSource) => source.stixVersion },
  { path: 'basic.use', of: (source: KnownSource) => String(source.basic.use) },
  { path: 'basic.username', of: (source: KnownSource) => source.basic.username },
  { path: 'certificate.use', of: (source: KnownSource) => String(source.certificate.use) },
  { path: 'certificate.certificateFile', of: (source: KnownSource) => source.certificate.certificateFile },
  { path: 'certificate.keyFile', of: (source: KnownSource) => source.certificate.keyFile },
  { path: 'certificate.location', of: (source: KnownSource) => source.certificate.location ?? '' },
  { path: 'proxy.use', of: (source: KnownSource) => String(source.proxy.use) },
  { path: 'proxy.host', of: (source: KnownSource) => source.proxy.host },
  { path: 'proxy.port', of: (source: KnownSource) => String(source.proxy.port) },
  { path: 'proxy.protocol', of: (source: KnownSource) => source.proxy.protocol },
] as const

/** Where each secret stands in a source. */
export const secretPaths = {
  password: 'basic.password',
  keyPassphrase: 'certificate.keyPassphrase',
} as const satisfies Readonly<Record<SecretField, string>>

/** What is missing or does not fit together, by the field of the layer. */
export interface LayerFault {
  readonly field: keyof SourceLayer
  readonly what: string
}

/** Lays the layers over each other, the last on top. */
export function mergeLayers(layers: readonly SourceLayer[]): SourceLayer {
  const said = layers.flatMap((layer) => Object.entries(layer).filter(([, value]) => value !== undefined))
  return Object.fromEntries(said)
}

/** What keeps a layer from being a whole definition; undefined when nothing does. */
export function faultOfLayer(layer: SourceLayer): LayerFault | undefined {
  if (layer.url === undefined) return { field: 'url', what: 'is missing' }
  if (layer.begin === undefined) return { field: 'begin', what: 'is missing, as 20d' }
  if (layer.fetchInterval === undefined) return { field: 'fetchInterval', what: 'is missing, as 2d' }
  if (versionOf(layer) === undefined) {
    return { field: 'stixVersion', what: 'is missing: "1" or "2" (or taxiiVersion other than auto)' }
  }
  if (layer.useBasic && layer.username === undefined)
    return { field: 'username', what: 'is missing while useBasic is true' }
  if ((layer.certificate === undefined) !== (layer.key === undefined)) {
    const field = layer.certificate === undefined ? 'certificate' : 'key'
    return { field, what: 'is missing: a certificate and its key go together' }
  }
  if (layer.useCertificate && layer.certificate === undefined) {
    return { field: 'certificate', what: 'is missing while useCertificate is true' }
  }
  if (layer.useProxy && layer.proxy === undefined) return { field: 'proxy', what: 'is missing while useProxy is true' }
  return undefined
}

/** Makes a definition of a layer without a fault. */
export function defineSource(layer: SourceLayer): DefinedSource {
  const { url = '', begin = '', fetchInterval = '', username, certificate, key, proxy } = layer
  const address = proxy === undefined ? neutralProxy : proxyAddressOf(new URL(proxy))
  const { host, port, protocol } = address
  return {
    known: {
      enabled: layer.enabled ?? true,
      discoveryUrl: url,
      begin: beginOf(begin),
      fetchInterval: fetchIntervalOf(fetchInterval),
      stixVersion: versionOf(layer) ?? '',
      basic: { use: layer.useBasic ?? username !== undefined, username: username ?? '' },
      certificate: {
        use: layer.useCertificate ?? certificate !== undefined,
        certificateFile: certificate ?? '',
        keyFile: key ?? '',
        location: layer.certificateLocation ?? 'private',
      },
      proxy: { use: layer.useProxy ?? proxy !== undefined, host, port, protocol },
    },
    secrets: {
      ...(layer.password ? { password: layer.password } : {}),
      ...(layer.keyPassphrase ? { keyPassphrase: layer.keyPassphrase } : {}),
    },
    unsaid: unsaidOf(layer),
  }
}

function versionOf({ stixVersion, taxiiVersion }: SourceLayer): string | undefined {
  return stixVersionOf(stixVersion ?? taxiiVersion ?? 'auto')
}

function unsaidOf(layer: SourceLayer): SourceFieldPath[] {
  const unsaid: SourceFieldPath[] = []
  if (layer.username === undefined) unsaid.push('basic.username')
  if (layer.password === undefined) unsaid.push('basic.password')
  if (layer.certificate === undefined) unsaid.push('certificate.certificateFile', 'certificate.keyFile')
  if (layer.certificate === undefined && layer.certificateLocation === undefined) unsaid.push('certificate.location')
  if (layer.keyPassphrase === undefined) unsaid.push('certificate.keyPassphrase')
  if (layer.proxy === undefined) unsaid.push('proxy.host', 'proxy.port', 'proxy.protocol')
  return unsaid
}

/** What goes to Director. @throws TypeError for a definition whose unit or location is not known. */
export function enrichmentSourceOf(
  known: KnownSource,
  secrets: Readonly<Partial<Record<SecretField, Secret>>>,
): EnrichmentSource {
  const { begin, certificate } = known
  if (begin.unit === undefined || certificate.location === undefined) throw new TypeError('an incomplete definition')
  return {
    ...known,
    begin: { count: begin.count, unit: begin.unit as BeginUnit },
    fetchInterval: { count: known.fetchInterval.count, unit: known.fetchInterval.unit as IntervalUnit },
    basic: { ...known.basic, password: secrets.password ?? new Secret('') },
    certificate: {
      ...certificate,
      location: certificate.location,
      keyPassphrase: secrets.keyPassphrase ?? new Secret(''),
    },
    proxy: { ...known.proxy, protocol: known.proxy.protocol === 'https' ? 'https' : 'http' },
  }
}
