import { open, rm } from 'node:fs/promises'

/**
 * Writes a file that must not be there yet. One that a full disk cut short is removed again: what is half there would be
 * taken for the whole at the next run.
 * @throws what the system says; EEXIST when there is one
 */
export async function writeNewFile(path: string, text: string, mode = 0o666): Promise<void> {
  const handle = await open(path, 'wx', mode)
  try {
    try {
      await handle.writeFile(text)
    } finally {
      await handle.close()
    }
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined)
    throw error
  }
}
