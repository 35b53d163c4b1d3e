import type * as keyringModule from '@napi-rs/keyring'
import { StixTaxiiError } from '../../core/errors.ts'
import type { CredentialStore } from '../../core/ports.ts'
import { Secret } from '../../core/secret.ts'

const service = 'stixtaxii'
// Left to itself the binding falls back to the kernel's keyring, which forgets everything at the next boot.
const options = { linux: { store: 'secret-service' as never } }

type Keyring = typeof keyringModule

/**
 * The system's keyring: Secret Service, Keychain or Credential Manager, under the service `stixtaxii`.
 *
 * Opening it asks for an entry that does not exist, so that a keyring which cannot be used is known before a secret is
 * typed.
 * @throws PROFILE_KEYRING_UNAVAILABLE (config)
 */
export async function openKeyringStore(): Promise<CredentialStore> {
  const keyring = await loadKeyring()
  const entry = (key: string): InstanceType<Keyring['AsyncEntry']> => new keyring.AsyncEntry(service, key, options)
  await asked(() => entry('probe').getPassword())
  return {
    name: 'keyring',
    async get(key) {
      const value = await asked(() => entry(key).getPassword())
      return typeof value === 'string' ? new Secret(value) : undefined
    },
    set: (key, secret) => asked(() => entry(key).setPassword(Secret.open(secret))),
    remove: (key) => asked(() => entry(key).deleteCredential()),
    async list() {
      const found = await asked(() => keyring.findCredentialsAsync(service))
      return found.map(({ account }) => account).sort()
    },
  }
}

async function loadKeyring(): Promise<Keyring> {
  try {
    return await import('@napi-rs/keyring')
  } catch (error) {
    throw unavailable('its optional package @napi-rs/keyring is not installed', error)
  }
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw unavailable(reasonOf(error), error)
  }
}

// The platform's text is not shown: it could name the entry's content. What people can act on is which of these it is.
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  if (/dbus/i.test(text)) return 'no session bus answers (no desktop session?)'
  if (/locked|prompt|dismissed/i.test(text)) return 'it is locked'
  if (/denied/i.test(text)) return 'access was denied'
  if (/ambiguous/i.test(text)) return 'it holds several entries of that name, made by another program'
  return 'the system refused it'
}

function unavailable(reason: string, cause: unknown): StixTaxiiError {
  return new StixTaxiiError('PROFILE_KEYRING_UNAVAILABLE', `The system's keyring cannot be used: ${reason}`, {
    kind: 'config',
    hint: 'Unlock it, or choose another place yourself: --credential-store sealed, --password-file FILE, or the environment.',
    context: { reason },
    cause,
  })
}
