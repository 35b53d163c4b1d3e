import { describe, expect, it } from 'vitest'
import type { CredentialStore } from '../../src/core/ports.ts'
import { Secret } from '../../src/core/secret.ts'

export interface CredentialStoreSubject {
  readonly store: CredentialStore
  /** Opens the same place again, as another run would. */
  reopen(): Promise<CredentialStore>
}

/** What every credential store has to do; called with how to make an empty one. */
export function describeCredentialStore(name: string, make: () => Promise<CredentialStoreSubject>): void {
  const clear = async (store: CredentialStore, key: string): Promise<string | undefined> => {
    const secret = await store.get(key)
    return secret && Secret.open(secret)
  }

  describe(`${name} as a credential store`, () => {
    it('says its own name', async () => {
      expect((await make()).store.name).toBe(name)
    })

    it('gives back in a later run what was set', async () => {
      const { store, reopen } = await make()
      await store.set('acme-1/password', new Secret('pässwörd "quoted" \\ 密'))
      expect(await clear(await reopen(), 'acme-1/password')).toBe('pässwörd "quoted" \\ 密')
    })

    it('has nothing under a name that was not set', async () => {
      const { store } = await make()
      expect(await store.get('nobody/password')).toBeUndefined()
      expect(await store.remove('nobody/password')).toBe(false)
    })

    it('replaces a secret of the same name', async () => {
      const { store, reopen } = await make()
      await store.set('a/token', new Secret('one'))
      await store.set('a/token', new Secret('two'))
      expect(await clear(await reopen(), 'a/token')).toBe('two')
    })

    it('removes one and keeps the others', async () => {
      const { store, reopen } = await make()
      await store.set('a/token', new Secret('one'))
      await store.set('b/token', new Secret('two'))
      expect(await store.remove('a/token')).toBe(true)
      const later = await reopen()
      expect([await clear(later, 'a/token'), await clear(later, 'b/token')]).toEqual([undefined, 'two'])
    })

    it('lists names in order and no secrets', async () => {
      const { store } = await make()
      for (const key of ['b/token', 'a/password', 'a/header-X-Key']) await store.set(key, new Secret('s3cret'))
      expect(await store.list()).toEqual(['a/header-X-Key', 'a/password', 'b/token'])
    })

    it('keeps names apart that are also names of methods', async () => {
      const { store } = await make()
      await store.set('constructor', new Secret('x'))
      expect(await clear(store, 'toString')).toBeUndefined()
      expect(await clear(store, 'constructor')).toBe('x')
    })
  })
}
