import type { OutputRecord, Shape } from '../output/writer.ts'
import { environmentDirectorName, environmentName } from '../profile/names.ts'
import type { Profile, ProfileStore, SecretReference } from '../profile/profile.ts'
import { describeReference, secretFields } from '../profile/secret-fields.ts'
import type { Runtime } from './runtime.ts'

/** One line of `profile list`. */
export function profileRow(profile: Profile, defaults: readonly (string | undefined)[]): OutputRecord {
  const places = secretFields(profile).flatMap(({ reference }) => (reference ? [placeOf(reference)] : []))
  return {
    name: profile.name,
    kind: profile.kind,
    url: profile.url,
    version: profile.kind === 'taxii' ? profile.version : null,
    authentication: profile.kind === 'taxii' ? profile.authentication.scheme : 'token',
    credentials: [...new Set(places)],
    enabled: profile.kind === 'taxii' ? profile.enabled : null,
    default: defaults.includes(profile.name),
    insecure: profile.tls.insecure ?? false,
    from: [environmentName, environmentDirectorName].includes(profile.name) ? 'environment' : 'file',
  }
}

export const profileListShape: Shape = {
  columns: [
    { field: 'name', head: 'Name' },
    { field: 'kind', head: 'Kind', minor: 2 },
    { field: 'url', head: 'URL' },
    { field: 'version', head: 'Version' },
    { field: 'authentication', head: 'Auth' },
    { field: 'credentials', head: 'Secrets in' },
    { field: 'enabled', head: 'Enabled' },
    { field: 'default', head: 'Default', minor: 1 },
  ],
  name: 'name',
  empty: 'No profile is saved yet. Make one with: stixtaxii configure',
}

/** What `profile show` gives: the profile with the places of its secrets in words. Helpers are named without arguments. */
export function profileRecord(profile: Profile, isDefault: boolean): OutputRecord {
  const secrets = secretFields(profile).map(({ field, reference }) => ({
    field,
    place: reference ? placeOf(reference) : null,
    where: reference ? describeReference(reference) : null,
  }))
  const common = { name: profile.name, kind: profile.kind, id: profile.id, url: profile.url, default: isDefault }
  const tail = { tls: profile.tls, proxy: withoutSecrets(profile.proxy) ?? null, allowHttp: profile.allowHttp, secrets }
  if (profile.kind === 'director') {
    return { ...common, pools: profile.pools, logpoints: profile.logpoints, groups: profile.groups, ...tail }
  }
  return {
    ...common,
    version: profile.version,
    stixVersion: profile.stixVersion ?? null,
    preset: profile.preset ?? null,
    apiRoot: profile.apiRoot ?? null,
    collections: profile.collections,
    authentication: withoutSecrets(profile.authentication),
    useBasic: profile.useBasic,
    headers: profile.headers.map(({ name }) => name),
    discoveryAuthentication: withoutSecrets(profile.discoveryAuthentication) ?? null,
    certificate: withoutSecrets(profile.certificate) ?? null,
    begin: profile.begin,
    fetchInterval: profile.fetchInterval,
    enabled: profile.enabled,
    pageSize: profile.pageSize ?? null,
    maxWindow: profile.maxWindow ?? null,
    allowOrigins: profile.allowOrigins,
    ...tail,
  }
}

export const profileShowShape: Shape = {
  columns: [
    'name',
    'kind',
    'url',
    'default',
    'enabled',
    'version',
    'preset',
    'apiRoot',
    'collections',
    'authentication',
    'headers',
    'certificate',
    'proxy',
    'tls',
    'begin',
    'fetchInterval',
    'pools',
    'logpoints',
    'secrets',
  ].map((field) => ({ field, head: headOf(field) })),
  name: 'name',
}

/** Warns of secrets that lie in clear, as `profile list` does each time. */
export function warnOfPlainFiles(profiles: readonly Profile[], terminal: Runtime['terminal']): void {
  const plain = profiles.filter((profile) => secretFields(profile).some(({ reference }) => reference?.from === 'file'))
  if (plain.length === 0) return
  const names = plain.map(({ name }) => name).join(', ')
  terminal.warn(`secrets of ${names} are in the plain credential file, unencrypted (--credential-store file)`)
}

/** Names of the defaults of both kinds. */
export async function defaultNames(profiles: ProfileStore): Promise<readonly (string | undefined)[]> {
  return [await profiles.defaultName('taxii'), await profiles.defaultName('director')]
}

function placeOf(reference: SecretReference): string {
  return reference.from
}

/** The object without the references in it; they are listed apart. */
function withoutSecrets(settings: object | undefined): OutputRecord | undefined {
  if (settings === undefined) return undefined
  const isReference = (value: unknown): boolean => typeof value === 'object' && value !== null && 'from' in value
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null && !isReference(value)))
}

function headOf(field: string): string {
  const words = field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return field === 'url' ? 'URL' : words.charAt(0).toUpperCase() + words.slice(1)
}
