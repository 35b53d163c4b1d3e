import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import { readOrigin, readProxyUrl, readSourceUrl } from '../profile/url.ts'
import type {
  CertificateSettings,
  HeaderSetting,
  ProxySettings,
  SecretReference,
  TaxiiProfile,
  TlsSettings,
} from '../profile/profile.ts'
import type { Preset } from '../taxii/settings.ts'
import { authenticationFromFlags, discoveryFromFlags } from './source-authentication.ts'
import type { SourceFlags } from './source-fields.ts'

export interface DefinitionParts {
  /** Relative file names are taken from here. */
  readonly workingDirectory: string
  readonly preset?: Preset | undefined
  /** The authentication's secret where no file flag names it: variable, helper, or one that was typed. */
  readonly secret?: SecretReference | undefined
}

/** A profile with nothing in it yet but a name and an address. */
export function blankSource(name: string, url: string, id: string = randomUUID()): TaxiiProfile {
  return {
    kind: 'taxii',
    id,
    name,
    url,
    version: 'auto',
    collections: [],
    authentication: { scheme: 'none' },
    useBasic: true,
    headers: [],
    tls: {},
    begin: '30d',
    fetchInterval: '1d',
    enabled: true,
    allowOrigins: [],
    allowHttp: false,
  }
}

/** A preset's address, where it needs nothing more to be complete. */
export function fixedUrl(preset: Preset | undefined): string | undefined {
  return preset && !preset.url.includes('{') ? preset.url : undefined
}

/**
 * The profile as the flags change it; what no flag names stays. Pure: files are named, not read.
 * @throws PROFILE_URL_*, PROFILE_AUTH_*, PROFILE_FLAG_INVALID (usage)
 */
export function sourceFromFlags(base: TaxiiProfile, given: Partial<SourceFlags>, parts: DefinitionParts): TaxiiProfile {
  const flags = withPresetAuthentication(given, parts.preset)
  const absolute = (file: string): string => resolve(parts.workingDirectory, file)
  const pathOf = (file: string): SecretReference => ({ from: 'path', path: absolute(file) })
  const url = flags.url === undefined ? base.url : readSourceUrl('--url', flags.url).href
  return {
    ...base,
    url,
    version: flags.taxiiVersion ?? base.version,
    stixVersion: flags.stixVersion ?? base.stixVersion,
    preset: flags.preset ?? base.preset,
    apiRoot: flags.apiRoot === undefined ? base.apiRoot : apiRootOf(flags.apiRoot, url),
    collections: listOf(flags.collection) ?? base.collections,
    authentication: authenticationFromFlags(flags, base.authentication, parts.secret, pathOf),
    useBasic: flags.useBasic ?? base.useBasic,
    headers: headersOf(flags.header, base.headers, pathOf),
    discoveryAuthentication: discoveryFromFlags(flags, base.discoveryAuthentication, pathOf),
    certificate: certificateOf(flags, base.certificate, absolute),
    tls: tlsOf(flags, base.tls, absolute),
    proxy: proxyOf(flags, base.proxy, pathOf),
    begin: flags.begin ?? base.begin,
    fetchInterval: flags.fetchInterval ?? base.fetchInterval,
    enabled: flags.disabled ? false : flags.enabled ? true : base.enabled,
    pageSize: flags.pageSize ?? base.pageSize,
    maxWindow: flags.maxWindow ?? base.maxWindow,
    allowOrigins: listOf(flags.allowOrigin)?.map((origin) => readOrigin('--allow-origin', origin)) ?? base.allowOrigins,
    allowHttp: flags.allowHttp ?? base.allowHttp,
  }
}

/** A token goes where the preset's provider wants it: a header, a query parameter, or as the password of a fixed user. */
function withPresetAuthentication(flags: Partial<SourceFlags>, preset: Preset | undefined): Partial<SourceFlags> {
  const { tokenFile, ...rest } = flags
  if (!preset || flags.auth !== undefined) return flags
  const { authentication, headerName, queryName, username } = preset
  if (tokenFile !== undefined && authentication === 'header' && headerName) {
    return { ...rest, header: [...(flags.header ?? []), `${headerName}=${tokenFile}`] }
  }
  if (tokenFile !== undefined && authentication === 'query' && queryName) {
    return { ...rest, queryKey: queryName, queryKeyFile: tokenFile }
  }
  if (tokenFile !== undefined && authentication === 'token') return { ...flags, auth: 'token' }
  if (flags.passwordFile !== undefined && authentication === 'jwt') return { ...flags, auth: 'jwt' }
  if (flags.passwordFile !== undefined && flags.username === undefined && username !== undefined) {
    return { ...flags, username }
  }
  return flags
}

/** Nothing given is undefined; one empty value empties the list. */
function listOf(values: readonly string[] | undefined): readonly string[] | undefined {
  return values?.map((value) => value.trim()).filter((value) => value !== '')
}

function apiRootOf(text: string, url: string): string | undefined {
  if (text === '') return undefined
  return text.startsWith('/') && !text.startsWith('//')
    ? text
    : readSourceUrl('--api-root', new URL(text, url).href).href
}

// Set by the transport itself; a second opinion would break the framing or lead the request elsewhere.
const forbiddenHeaders =
  /^(?:host|connection|keep-alive|content-length|content-type|content-encoding|transfer-encoding|te|trailer|upgrade|expect|proxy-.*)$/i

function headersOf(
  given: readonly string[] | undefined,
  current: readonly HeaderSetting[],
  pathOf: (file: string) => SecretReference,
): readonly HeaderSetting[] {
  const headers = new Map(current.map((header) => [header.name.toLowerCase(), header]))
  for (const text of given ?? []) {
    const [, name, file] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(.*)$/s.exec(text) ?? []
    if (name === undefined || file === undefined)
      throw invalid('--header', text, 'write NAME=FILE; the value is read from the file')
    if (forbiddenHeaders.test(name)) throw invalid('--header', name, 'that header is set by the program')
    if (file === '') headers.delete(name.toLowerCase())
    else headers.set(name.toLowerCase(), { name, value: pathOf(file) })
  }
  return [...headers.values()]
}

function certificateOf(
  flags: Partial<SourceFlags>,
  current: CertificateSettings | undefined,
  absolute: (file: string) => string,
): CertificateSettings | undefined {
  const { certificate, key, keyPassphraseFile, useCertificate, certificateLocation } = flags
  if (certificate === '') return undefined
  if (certificate === undefined && !current) {
    if (key === undefined && keyPassphraseFile === undefined && !useCertificate) return undefined
    throw invalid('--key', key ?? '', 'it needs --certificate FILE too')
  }
  const isNew = certificate !== undefined
  return {
    certificate: isNew ? absolute(certificate) : (current?.certificate ?? ''),
    key: key ? absolute(key) : isNew ? undefined : current?.key,
    passphrase: keyPassphraseFile
      ? { from: 'path', path: absolute(keyPassphraseFile) }
      : isNew
        ? undefined
        : current?.passphrase,
    use: useCertificate ?? (isNew || (current?.use ?? true)),
    location: certificateLocation ?? current?.location ?? 'private',
  }
}

function tlsOf(flags: Partial<SourceFlags>, current: TlsSettings, absolute: (file: string) => string): TlsSettings {
  return {
    ca: listOf(flags.ca)?.map(absolute) ?? current.ca,
    pin: flags.pin === undefined ? current.pin : pinOf(flags.pin),
    insecure: flags.insecure ?? current.insecure,
  }
}

function pinOf(text: string): string | undefined {
  if (text === '') return undefined
  const hex = text
    .replace(/^sha-?256[:=/]/i, '')
    .replaceAll(':', '')
    .toLowerCase()
  if (/^[0-9a-f]{64}$/.test(hex)) return hex
  throw invalid('--pin', text, 'it is a SHA-256 of the certificate in 64 hex digits, colons or not')
}

function proxyOf(
  flags: Partial<SourceFlags>,
  current: ProxySettings | undefined,
  pathOf: (file: string) => SecretReference,
): ProxySettings | undefined {
  const { proxy, proxyUsername, proxyPasswordFile, proxyBypass, useProxy } = flags
  if (proxy === '') return undefined
  if (proxy === undefined && !current) {
    if (proxyUsername === undefined && proxyPasswordFile === undefined && useProxy === undefined) return undefined
    // The switch alone, off: not even the proxy of the environment.
    if (useProxy === false) return { use: false }
    throw needsProxy()
  }
  if (useProxy && proxy === undefined && current?.url === undefined) throw needsProxy()
  return {
    url: proxy === undefined ? current?.url : readProxyUrl('--proxy', proxy),
    username: proxyUsername ?? current?.username,
    password: proxyPasswordFile === undefined ? current?.password : pathOf(proxyPasswordFile),
    noProxy: proxyBypass ?? current?.noProxy,
    use: useProxy ?? (proxy !== undefined || (current?.use ?? false)),
  }
}

function needsProxy(): StixTaxiiError {
  return invalid('--use-proxy', 'yes', 'it needs --proxy URL too')
}

function invalid(flag: string, value: string, why: string): StixTaxiiError {
  return new StixTaxiiError('PROFILE_FLAG_INVALID', `${flag} "${value}" is not valid: ${why}`, {
    kind: 'usage',
    context: { flag },
  })
}
