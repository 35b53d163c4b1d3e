import { StixTaxiiError } from '../../core/errors.ts'
import type { CredentialStore } from '../../core/ports.ts'
import { Secret } from '../../core/secret.ts'
import { openDocument } from '../document.ts'
import { parseOwnJson } from '../profile-file.ts'
import type { CredentialStoreOptions } from './registry.ts'

/**
 * Secrets in clear text in `credentials.json` (0600) of the configuration folder. No backup is kept, so that a removed
 * secret is gone.
 * @throws PROFILE_FILE_DAMAGED, PROFILE_FILE_NEWER, PROFILE_FILE_LOOSE (config)
 */
export function openFileStore(options: Omit<CredentialStoreOptions, 'passphrase'>): Promise<CredentialStore> {
  const document = openDocument({ ...options, directory: options.directory(), name: 'credentials', backup: false })
  const load = async (): Promise<Map<string, string>> => readSecrets(document.path, await document.read())
  const toFile = (secrets: ReadonlyMap<string, string>): Record<string, unknown> => ({
    version: 1,
    secrets: Object.fromEntries([...secrets].sort(([left], [right]) => (left < right ? -1 : 1))),
  })
  return Promise.resolve({
    name: 'file',
    async get(key) {
      const value = (await load()).get(key)
      return value === undefined ? undefined : new Secret(value)
    },
    set: (key, secret) =>
      document.update((text) => toFile(readSecrets(document.path, text).set(key, Secret.open(secret)))),
    async remove(key) {
      let removed = false
      await document.update((text) => {
        const secrets = readSecrets(document.path, text)
        removed = secrets.delete(key)
        return removed ? toFile(secrets) : undefined
      })
      return removed
    },
    list: async () => [...(await load()).keys()].sort(),
  })
}

function readSecrets(path: string, text: string | undefined): Map<string, string> {
  if (text === undefined) return new Map()
  const value = parseOwnJson(path, text) as { version?: unknown; secrets?: unknown } | null
  if (value === null || value.version !== 1) throw notOurs(path, value?.version)
  if (typeof value.secrets !== 'object' || value.secrets === null) throw notOurs(path, value.version)
  const entries = Object.entries(value.secrets) as [string, unknown][]
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    throw notOurs(path, value.version)
  }
  return new Map(entries)
}

function notOurs(path: string, version: unknown): StixTaxiiError {
  if (typeof version === 'number' && version > 1) {
    return new StixTaxiiError('PROFILE_FILE_NEWER', `${path} was written by a newer stixtaxii (format ${version})`, {
      kind: 'config',
      hint: 'Use the newer program. The file was left as it is.',
      context: { path, version },
    })
  }
  return new StixTaxiiError('PROFILE_FILE_DAMAGED', `${path}:1:1: this is not a file of credentials`, {
    kind: 'config',
    hint: 'Put the right file back, or remove it and set the credentials again. It was left as it is.',
    context: { path, line: 1, column: 1 },
  })
}
