import { StixTaxiiError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { openKeyringStore } from '../../src/profile/credentials/keyring.ts'

// Run as a process of its own, because the session's keyring is found through its environment. Prints what it saw.
try {
  const store = await openKeyringStore()
  const key = `test-${process.pid}/password`
  const seen: unknown[] = [await store.get(key)]
  await store.set(key, new Secret('pässwörd 密'))
  await store.set(key, new Secret('second'))
  const again = await openKeyringStore()
  const secret = await again.get(key)
  seen.push(secret && Secret.open(secret), (await again.list()).includes(key))
  seen.push(await again.remove(key), await again.remove(key), (await again.list()).includes(key))
  console.log(JSON.stringify(seen))
} catch (error) {
  if (!(error instanceof StixTaxiiError)) throw error
  console.log(JSON.stringify({ code: error.code, kind: error.kind, message: error.message, hint: error.hint }))
}
