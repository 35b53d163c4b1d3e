import type { AuthenticationSettings, Profile, SecretReference, StoredReference, TaxiiProfile } from './profile.ts'

/** One secret of a profile: what it is called in `credential set`, and where it is. */
export interface SecretField {
  /** `password`, `token`, `key`, `client-secret`, `discovery-...`, `header-NAME`, `key-passphrase`, `proxy-password`. */
  readonly field: string
  /** Undefined for a Basic password that is empty. */
  readonly reference: SecretReference | undefined
}

/** Every secret that a profile has a place for, the one of its authentication first. */
export function secretFields(profile: Profile): readonly SecretField[] {
  const found: SecretField[] = []
  if (profile.kind === 'director') {
    found.push({ field: 'token', reference: profile.token })
  } else {
    const main = mainField(profile.authentication)
    if (main) found.push(main)
    const discovery = profile.discoveryAuthentication && mainField(profile.discoveryAuthentication)
    if (discovery) found.push({ ...discovery, field: `discovery-${discovery.field}` })
    for (const { name, value } of profile.headers) found.push({ field: `header-${name}`, reference: value })
    if (profile.certificate) found.push({ field: 'key-passphrase', reference: profile.certificate.passphrase })
  }
  if (profile.proxy) found.push({ field: 'proxy-password', reference: profile.proxy.password })
  return found
}

/** The profile with one secret somewhere else; as it was when it has no such field. */
export function withSecret<T extends Profile>(profile: T, field: string, reference: SecretReference): T {
  const { kind, proxy } = profile
  if (field === 'proxy-password') return proxy ? { ...profile, proxy: { ...proxy, password: reference } } : profile
  if (kind === 'director') return field === 'token' ? { ...profile, token: reference } : profile
  return withTaxiiSecret(profile, field, reference) as T
}

function withTaxiiSecret(profile: TaxiiProfile, field: string, reference: SecretReference): TaxiiProfile {
  const { authentication, discoveryAuthentication, certificate } = profile
  if (field === 'key-passphrase' && certificate) {
    return { ...profile, certificate: { ...certificate, passphrase: reference } }
  }
  if (field.startsWith('header-')) {
    const name = field.slice('header-'.length).toLowerCase()
    const headers = profile.headers.map((header) =>
      header.name.toLowerCase() === name ? { ...header, value: reference } : header,
    )
    return { ...profile, headers }
  }
  if (field.startsWith('discovery-') && discoveryAuthentication) {
    const changed = withMainSecret(discoveryAuthentication, field.slice('discovery-'.length), reference)
    return { ...profile, discoveryAuthentication: changed }
  }
  return { ...profile, authentication: withMainSecret(authentication, field, reference) }
}

/** Authentication with its one secret somewhere else. */
function withMainSecret(
  settings: AuthenticationSettings,
  field: string,
  reference: SecretReference,
): AuthenticationSettings {
  if (mainField(settings)?.field !== field) return settings
  switch (settings.scheme) {
    case 'none':
      return settings
    case 'basic':
    case 'jwt':
      return { ...settings, password: reference }
    case 'bearer':
    case 'token':
      return { ...settings, token: reference }
    case 'query':
      return { ...settings, key: reference }
    case 'oauth2':
      return { ...settings, clientSecret: reference }
  }
}

/** The one secret of a way to authenticate; undefined for none. */
export function mainField(settings: AuthenticationSettings): SecretField | undefined {
  switch (settings.scheme) {
    case 'none':
      return undefined
    case 'basic':
    case 'jwt':
      return { field: 'password', reference: settings.password ?? undefined }
    case 'bearer':
    case 'token':
      return { field: 'token', reference: settings.token }
    case 'query':
      return { field: 'key', reference: settings.key }
    case 'oauth2':
      return { field: 'client-secret', reference: settings.clientSecret }
  }
}

/** The name a profile's secret has in a credential store: readable, and the same after a renaming. */
export function entryName(profile: Pick<Profile, 'id' | 'name'>, field: string): string {
  return `${profile.name}-${profile.id.slice(0, 8)}/${field}`
}

/** Where a secret is, in words that may be shown. */
export function describeReference(reference: SecretReference): string {
  switch (reference.from) {
    case 'path':
      return reference.path
    case 'env':
      return `$${reference.name}`
    case 'command':
      return `helper ${reference.command[0] ?? ''}`
    case 'keyring':
    case 'sealed':
    case 'file':
      return `${reference.from} ${reference.entry}`
  }
}

/** The references of a profile to stores of ours. */
export function storedReferences(profile: Profile): readonly StoredReference[] {
  return secretFields(profile).flatMap(({ reference }) => (isStored(reference) ? [reference] : []))
}

/** Whether the reference is to a store of ours. */
export function isStored(reference: SecretReference | undefined): reference is StoredReference {
  return reference !== undefined && 'entry' in reference
}
