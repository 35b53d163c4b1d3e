import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { seal, unseal } from '../../../src/profile/credentials/seal.ts'
import type { KeyCache, Sealed } from '../../../src/profile/credentials/seal.ts'

// The least that the format allows.
const cost = { logN: 10, r: 1, p: 1 }
const phrase = new Secret('open sesame')

/** The same with other parts, and a digest that fits them. */
function forged(sealed: Sealed, parts: Partial<Sealed>): Sealed {
  const { content, tag, check, ...others } = { ...sealed, ...parts }
  const head = Object.fromEntries(Object.entries(others).filter(([name]) => name !== 'digest'))
  const body = { ...(head as Omit<typeof others, 'digest'>), check, tag, content }
  return { ...body, digest: createHash('sha256').update(JSON.stringify(body)).digest('base64') }
}

const flipped = (base64: string): string => {
  const bytes = Buffer.from(base64, 'base64')
  bytes[0] = (bytes[0] ?? 0) ^ 1
  return bytes.toString('base64')
}

describe('a sealed text', () => {
  it('is opened by its passphrase, however it was composed, and by nothing else', async () => {
    const sealed = await seal('täxt', new Secret('pa\u0308ss'), cost)
    expect(await unseal('/f', sealed, new Secret('p\u00e4ss'))).toBe('täxt')
    await expect(unseal('/f', sealed, new Secret('pass'))).rejects.toMatchObject({
      code: 'PROFILE_PASSPHRASE_WRONG',
      kind: 'auth',
      context: { path: '/f' },
    })
  })

  it('names its cost, a salt of 16 bytes, a nonce of 12 and a seal of 16', async () => {
    const sealed = await seal('', phrase, { logN: 11, r: 2, p: 3 })
    expect(sealed).toMatchObject({ version: 1, kdf: 'scrypt', logN: 11, r: 2, p: 3, content: '' })
    const lengths = [sealed.salt, sealed.nonce, sealed.tag, sealed.check, sealed.digest].map(
      (part) => Buffer.from(part, 'base64').length,
    )
    expect(lengths).toEqual([16, 12, 16, 32, 32])
    expect(await unseal('/f', sealed, phrase)).toBe('')
  })

  it.each(['content', 'tag'] as const)('S5 whose %s was changed, digest and all, is damaged', async (part) => {
    const sealed = await seal('text', phrase, cost)
    await expect(unseal('/f', forged(sealed, { [part]: flipped(sealed[part]) }), phrase)).rejects.toMatchObject({
      code: 'PROFILE_SEALED_DAMAGED',
      kind: 'config',
      context: { path: '/f' },
    })
  })

  it.each(['salt', 'nonce', 'check'] as const)(
    'S5 whose %s was changed, digest and all, is not opened by its passphrase',
    async (part) => {
      const sealed = await seal('text', phrase, cost)
      const changed = forged(sealed, { [part]: flipped(sealed[part]) })
      await expect(unseal('/f', changed, phrase)).rejects.toMatchObject({ code: 'PROFILE_PASSPHRASE_WRONG' })
    },
  )

  it('S5 with a short seal is damaged, not easier to forge', async () => {
    const sealed = await seal('text', phrase, cost)
    const short = Buffer.from(sealed.tag, 'base64').subarray(0, 4).toString('base64')
    await expect(unseal('/f', forged(sealed, { tag: short }), phrase)).rejects.toMatchObject({
      code: 'PROFILE_SEALED_DAMAGED',
    })
  })

  it('S5 whose digest does not fit is damaged, whatever the passphrase', async () => {
    const sealed = await seal('text', phrase, cost)
    const changed = { ...sealed, digest: flipped(sealed.digest) }
    await expect(unseal('/f', changed, new Secret('wrong'))).rejects.toMatchObject({ code: 'PROFILE_SEALED_DAMAGED' })
  })

  it('keeps one key for each salt, and none after a passphrase that was wrong', async () => {
    const keys: KeyCache = new Map()
    const sealed = await seal('text', phrase, cost, keys)
    expect([...keys.keys()]).toEqual([sealed.salt])
    // Known by its salt: the passphrase is not even looked at.
    expect(await unseal('/f', sealed, new Secret('not looked at'), keys)).toBe('text')
    const others: KeyCache = new Map()
    await expect(unseal('/f', sealed, new Secret('wrong'), others)).rejects.toMatchObject({ kind: 'auth' })
    expect(others.size).toBe(0)
    expect(await unseal('/f', sealed, phrase, others)).toBe('text')
    expect([...others.keys()]).toEqual([sealed.salt])
  })
})
