import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import type { CredentialStore } from '../../core/ports.ts'
import { Secret } from '../../core/secret.ts'
import { openDocument, serializeOwn } from '../document.ts'
import type { CredentialStoreOptions } from './registry.ts'
import type { KeyCache, SealCost, Sealed } from './seal.ts'
import { damagedSeal, defaultSealCost, seal, unseal } from './seal.ts'

const base64 = (bytes?: number): z.ZodString =>
  z
    .string()
    .regex(/^[A-Za-z0-9+/]*={0,2}$/)
    .refine((text) => bytes === undefined || Buffer.from(text, 'base64').length === bytes)

// Costs are capped, or a planted file could ask for all the memory there is.
const sealedSchema = z.strictObject({
  version: z.literal(1),
  kdf: z.literal('scrypt'),
  logN: z.int().min(10).max(20),
  r: z.int().min(1).max(16),
  p: z.int().min(1).max(4),
  salt: base64(16),
  nonce: base64(12),
  check: base64(32),
  tag: base64(16),
  content: base64(),
  digest: base64(32),
})

const entriesSchema = z.record(z.string(), z.string())

/**
 * Secrets in `credentials.sealed.json`: one text, sealed with AES-256-GCM under a passphrase stretched by scrypt, sealed
 * anew at each change.
 *
 * Names are sealed too, so listing needs the passphrase. It is asked for once.
 * @throws PROFILE_SEALED_DAMAGED (config), PROFILE_PASSPHRASE_WRONG (auth)
 */
export function openSealedStore(
  options: CredentialStoreOptions,
  cost: SealCost = defaultSealCost,
): Promise<CredentialStore> {
  const document = openDocument({
    ...options,
    directory: options.directory(),
    name: 'credentials.sealed',
    backup: false,
  })
  const keys: KeyCache = new Map()
  let typed: Promise<Secret> | undefined
  const passphrase = (isNew: boolean): Promise<Secret> => (typed ??= options.passphrase(isNew))
  const open = async (text: string | undefined): Promise<Map<string, string>> => {
    if (text === undefined) return new Map()
    const sealed = readSealed(document.path, text)
    const clear = await unseal(document.path, sealed, await passphrase(false), keys)
    return new Map(Object.entries(entriesSchema.parse(JSON.parse(clear))))
  }
  const close = async (entries: ReadonlyMap<string, string>, isNew: boolean): Promise<Record<string, unknown>> => ({
    ...(await seal(JSON.stringify(Object.fromEntries(entries)), await passphrase(isNew), cost, keys)),
  })
  return Promise.resolve({
    name: 'sealed',
    async get(key) {
      const value = (await open(await document.read())).get(key)
      return value === undefined ? undefined : new Secret(value)
    },
    async set(key, secret) {
      // Asked before the lock is taken: a person types for longer than others wait.
      await passphrase((await document.read()) === undefined)
      await document.update(async (text) => {
        const entries = await open(text)
        return close(entries.set(key, Secret.open(secret)), text === undefined)
      })
    },
    async remove(key) {
      const found = await document.read()
      if (found === undefined) return false
      await passphrase(false)
      let removed = false
      await document.update(async (text) => {
        const entries = await open(text)
        removed = entries.delete(key)
        return removed ? close(entries, false) : undefined
      })
      return removed
    },
    list: async () => [...(await open(await document.read())).keys()].sort(),
  })
}

function readSealed(path: string, text: string): Sealed {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw damagedSeal(path, error)
  }
  const version = (value as { version?: unknown } | null)?.version
  if (typeof version === 'number' && Number.isInteger(version) && version > 1 && version < 100) {
    throw new StixTaxiiError('PROFILE_FILE_NEWER', `${path} was written by a newer stixtaxii (format ${version})`, {
      kind: 'config',
      hint: 'Use the newer program. The file was left as it is.',
      context: { path, version },
    })
  }
  const read = sealedSchema.safeParse(value)
  // White space counts too: the file is as we wrote it, to the byte, or it is not ours any more.
  if (!read.success || serializeOwn(value) !== text) throw damagedSeal(path, read.error)
  return read.data
}
