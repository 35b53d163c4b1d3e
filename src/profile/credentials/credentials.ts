import { readFile, stat } from 'node:fs/promises'
import { StixTaxiiError } from '../../core/errors.ts'
import type { NoticeSink } from '../../core/notice.ts'
import type { Clock, CredentialStore, Terminal } from '../../core/ports.ts'
import { Secret } from '../../core/secret.ts'
import { whyOf } from '../../core/system-fault.ts'
import type { ProcessTable } from '../lock.ts'
import type { CredentialStoreName, Credentials, SecretPurpose, SecretReference, StoredReference } from '../profile.ts'
import { runHelper } from './helper.ts'
import { credentialStoreRegistry } from './registry.ts'

export interface CredentialsOptions {
  /** The configuration folder; asked only when a store that keeps files is opened. */
  readonly directory: () => string
  readonly clock: Clock
  readonly processes: ProcessTable
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly terminal: Pick<Terminal, 'canAsk' | 'askSecret'>
  readonly notices: NoticeSink
  /** Absolute or relative to the process; its first line opens the sealed store. */
  readonly passphraseFile?: string | undefined
}

/** Opens the way to a user's secrets. Nothing is read before it is asked for; each store is opened once. */
export function openCredentials(options: CredentialsOptions): Credentials {
  const opened = new Map<CredentialStoreName, Promise<CredentialStore>>()
  const passphrase = (isNew: boolean): Promise<Secret> => findPassphrase(isNew, options)
  const open = (name: CredentialStoreName): Promise<CredentialStore> => {
    const kind = credentialStoreRegistry.find((candidate) => candidate.name === name)
    if (!kind) throw new TypeError(`no credential store ${name}`)
    const store = opened.get(name) ?? kind.open({ ...options, passphrase })
    opened.set(name, store)
    return store
  }
  const staged = new Map<string, { reference: StoredReference; secret: Secret }>()
  const keyOf = (reference: StoredReference): string => `${reference.from}:${reference.entry}`
  return {
    open,
    async resolve(reference, purpose) {
      const ready = 'entry' in reference ? staged.get(keyOf(reference)) : undefined
      return ready ? ready.secret : resolveSecret(reference, purpose, { ...options, open })
    },
    stage(reference, secret) {
      staged.set(keyOf(reference), { reference, secret })
    },
    async commit(wanted) {
      const ready = wanted.flatMap((reference) => staged.get(keyOf(reference)) ?? [])
      const written: Entry[] = []
      try {
        for (const { reference, secret } of ready) {
          const store = await open(reference.from)
          written.unshift({ store, name: reference.entry, former: await store.get(reference.entry) })
          await store.set(reference.entry, secret)
        }
      } catch (error) {
        await putBack(written)
        throw error
      }
      staged.clear()
      return () => putBack(written)
    },
  }
}

/** An entry of a store and what was in it. */
interface Entry {
  readonly store: CredentialStore
  readonly name: string
  readonly former: Secret | undefined
}

/** What cannot be put back is left: whoever asks for it has an error to tell already. */
async function putBack(entries: readonly Entry[]): Promise<void> {
  for (const { store, name, former } of entries) {
    const done: Promise<unknown> = former === undefined ? store.remove(name) : store.set(name, former)
    await done.catch(() => undefined)
  }
}

interface ResolveDependencies extends Pick<CredentialsOptions, 'environment' | 'notices'> {
  open(name: CredentialStoreName): Promise<CredentialStore>
}

/**
 * Turns a reference into the secret it names: the first line of a file or of a helper's output, a variable, an entry of a
 * store.
 * @throws PROFILE_SECRET_MISSING, PROFILE_HELPER_FAILED (auth), PROFILE_SECRET_UNSAFE (config), and what the store throws.
 */
export async function resolveSecret(
  reference: SecretReference,
  purpose: SecretPurpose,
  dependencies: ResolveDependencies,
): Promise<Secret> {
  switch (reference.from) {
    case 'path':
      return secretOf(await readSecretFile(reference.path, purpose, dependencies.notices), purpose)
    case 'env': {
      const value = dependencies.environment[reference.name]
      if (value === undefined || value === '') throw missing(purpose, `the variable ${reference.name} is not set`)
      return secretOf(value, purpose)
    }
    case 'command':
      return secretOf(firstLine(await runHelper(reference.command, dependencies)), purpose)
    case 'keyring':
    case 'sealed':
    case 'file': {
      const found = await (await dependencies.open(reference.from)).get(reference.entry)
      if (!found) throw missing(purpose, `the ${reference.from} store has no entry ${reference.entry}`)
      return secretOf(Secret.open(found), purpose)
    }
  }
}

/** A secret someone typed, piped or put into a file, checked. @throws PROFILE_SECRET_MISSING, PROFILE_SECRET_UNSAFE */
export function secretOf(value: string, purpose: SecretPurpose): Secret {
  if (value === '') throw missing(purpose, 'it is empty')
  if (!/[\0\r\n]/.test(value)) return new Secret(value)
  throw new StixTaxiiError('PROFILE_SECRET_UNSAFE', `${subject(purpose)} holds a line break or a NUL character`, {
    kind: 'config',
    hint: 'Such a value could add headers to a request. Give the secret alone, on one line.',
    context: { profile: purpose.profile },
  })
}

/** The first line of a file or of a program's output, without its line break. */
export function firstLine(bytes: Buffer): string {
  const text = bytes.toString('utf8').replace(/^\ufeff/, '')
  return text.split(/\r?\n/, 1)[0] ?? ''
}

async function readSecretFile(path: string, purpose: SecretPurpose, notices: NoticeSink): Promise<string> {
  try {
    const { mode } = await stat(path)
    if ((mode & 0o077) !== 0) {
      notices({
        code: 'PROFILE_SECRET_FILE_LOOSE',
        message:
          `${path} holds a secret and is open to other users ` +
          `(mode ${(mode & 0o777).toString(8).padStart(4, '0')}); chmod 600 closes it`,
      })
    }
    return firstLine(await readFile(path))
  } catch (error) {
    throw missing(
      purpose,
      `${path} cannot be read: ${whyOf(error)}`,
      error,
      'Check its path and rights, or name another file.',
    )
  }
}

async function findPassphrase(isNew: boolean, options: CredentialsOptions): Promise<Secret> {
  const purpose = { what: 'the passphrase of the sealed store' }
  const { passphraseFile, environment, terminal } = options
  if (passphraseFile) return secretOf(await readSecretFile(passphraseFile, purpose, options.notices), purpose)
  if (environment.STIXTAXII_PASSPHRASE) return secretOf(environment.STIXTAXII_PASSPHRASE, purpose)
  if (!terminal.canAsk) {
    throw new StixTaxiiError('PROFILE_PASSPHRASE_MISSING', 'The sealed credential store needs its passphrase', {
      kind: 'auth',
      hint: 'Set STIXTAXII_PASSPHRASE or STIXTAXII_PASSPHRASE_FILE, or give --passphrase-file FILE.',
    })
  }
  if (!isNew) return terminal.askSecret({ message: 'Passphrase of the sealed store' })
  for (let message = 'New passphrase for the sealed store'; ; message = 'They differ, or are empty. New passphrase') {
    const typed = await terminal.askSecret({ message })
    const again = await terminal.askSecret({ message: 'The same passphrase again' })
    if (Secret.open(typed) === Secret.open(again) && Secret.open(typed) !== '') return typed
  }
}

function subject({ what, profile }: SecretPurpose): string {
  const text = profile === undefined ? what : `${what} of profile "${profile}"`
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function missing(purpose: SecretPurpose, why: string, cause?: unknown, hint?: string): StixTaxiiError {
  return new StixTaxiiError('PROFILE_SECRET_MISSING', `${subject(purpose)} is missing: ${why}`, {
    kind: 'auth',
    hint:
      hint ??
      (purpose.profile
        ? `Set it with: stixtaxii credential set ${purpose.profile}`
        : 'Put it there, or name another place.'),
    context: { profile: purpose.profile },
    cause,
  })
}
