import type { DirectorFlags } from './director-fields.ts'
import { fileListShape, storageRecord, wantedStorage } from './director-storage.ts'
import { withDirector, type DirectorParts } from './director-targets.ts'

/** Writes the names of the packages, or of the certificates and keys, in the storage that the flags mean. */
export async function listFiles(
  kind: 'packages' | 'certificates',
  flags: DirectorFlags & { readonly pool?: string | undefined; readonly public: boolean },
  parts: DirectorParts,
): Promise<void> {
  await withDirector(flags, parts, async ({ profile, client }) => {
    const storage = wantedStorage(profile, flags)
    const names = await client[kind].list(storage, { signal: parts.signal })
    const records = names.map((name) => ({ name, ...storageRecord(storage) }))
    await parts.output.list(records, fileListShape)
  })
}
