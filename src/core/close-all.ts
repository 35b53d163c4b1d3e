/** What has to be closed, in the order in which it was opened. */
export type Closers = (() => unknown)[]

/** Closes the last opened first; each is closed, also when one fails, and once. The first failure is thrown. */
export async function closeAll(closers: Closers): Promise<void> {
  const failures: unknown[] = []
  for (const close of closers.splice(0).reverse()) {
    try {
      await close()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
