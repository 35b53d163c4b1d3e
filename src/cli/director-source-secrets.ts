import { resolve } from 'node:path'
import type { Secret } from '../core/secret.ts'
import type { Runtime } from './runtime.ts'
import type { SourceFlags } from './source-fields.ts'
import { secretFromFlags } from './source-flags.ts'

/** The two secrets of an enrichment source that flags name, read. @throws PROFILE_SECRET_*, PROFILE_AUTH_CONFLICT (usage) */
export async function secretsOfFlags(
  flags: Partial<SourceFlags>,
  parts: Pick<Runtime, 'credentials' | 'stdin' | 'workingDirectory'>,
): Promise<{ password: Secret | undefined; keyPassphrase: Secret | undefined }> {
  const { passwordFile, keyPassphraseFile } = flags
  const ofFile = (file: string | undefined) =>
    file === undefined ? undefined : ({ from: 'path', path: resolve(parts.workingDirectory, file) } as const)
  const named = ofFile(passwordFile) ?? (await secretFromFlags({ id: '00000000', name: 'director' }, flags, parts))
  const passphrase = ofFile(keyPassphraseFile)
  const credentials = await parts.credentials()
  return {
    password: named && (await credentials.resolve(named, { what: 'the password' })),
    keyPassphrase: passphrase && (await credentials.resolve(passphrase, { what: "the key's passphrase" })),
  }
}
