import type { Clock, CredentialStore } from '../../core/ports.ts'
import type { Secret } from '../../core/secret.ts'
import type { ProcessTable } from '../lock.ts'
import type { CredentialStoreName } from '../profile.ts'

/** What a credential store is opened with. */
export interface CredentialStoreOptions {
  /** The configuration folder; asked only by stores that keep files. */
  readonly directory: () => string
  readonly clock: Clock
  readonly processes: ProcessTable
  /** The sealed store's passphrase; `isNew` when there is no sealed file yet, so that it is asked for twice. */
  readonly passphrase: (isNew: boolean) => Promise<Secret>
}

/** A kind of credential store: what it is called before anything is written to it, and how it is opened. */
export interface CredentialStoreKind {
  readonly name: CredentialStoreName
  readonly title: string
  /** Said before a secret is written, where that is worth a warning. */
  readonly warning?: string | undefined
  open(options: CredentialStoreOptions): Promise<CredentialStore>
}

/** Every credential store, in the order `configure` offers them. */
export const credentialStoreRegistry: readonly CredentialStoreKind[] = [
  {
    name: 'keyring',
    title: "the system's keyring",
    open: async () => (await import('./keyring.ts')).openKeyringStore(),
  },
  {
    name: 'sealed',
    title: 'a sealed file (AES-256-GCM under a passphrase)',
    open: async (options) => (await import('./sealed.ts')).openSealedStore(options),
  },
  {
    name: 'file',
    title: 'a plain file (0600)',
    warning: 'The secret is kept unencrypted; whoever reads that file, or a backup of it, has it.',
    open: async (options) => (await import('./file.ts')).openFileStore(options),
  },
]
