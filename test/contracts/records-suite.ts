import { describe, expect, it } from 'vitest'
import type { RecordChange } from '../../src/store/records.ts'
import type { Store } from '../../src/store/store.ts'
import { storeOfEachTest, type StoreUnderTest } from './a-store.ts'

/** A store whose clock the suite may move. */
export interface RecordsUnderTest extends StoreUnderTest {
  /** Moves the clock of the stores that `open` gives. */
  readonly advance: (ms: number) => Promise<void>
  /** RFC 3339, six digits: the clock's time in so many milliseconds. */
  readonly inMs: (ms: number) => string
}

/** The records of `src/store/records.ts`: every driver passes all of it. */
export function recordsSuite(subject: RecordsUnderTest): void {
  describe(`records contract: ${subject.name}`, () => {
    let store: Store
    storeOfEachTest(subject, (opened) => (store = opened))

    const account = (id: string, more: Partial<RecordChange> = {}): RecordChange => ({
      kind: 'account',
      id,
      body: { name: id },
      ...more,
    })
    const ids = async (...asked: Parameters<Store['records']['list']>) =>
      (await store.records.list(...asked)).map(({ id }) => id)

    it('keeps what it is given, and counts its changes', async () => {
      const body = { name: 'Åke', list: [1, 2.5, null, true, { a: 'b' }], text: '\u0000\u{1f352}"\\' }
      expect(await store.records.write([account('a', { body, owner: 'x' })])).toBe(true)
      const kept = { kind: 'account', id: 'a', owner: 'x', body, revision: 1 }
      expect(await store.records.get('account', 'a')).toEqual(kept)
      expect(await store.records.write([account('a', { body: [] })])).toBe(true)
      expect(await store.records.get('account', 'a')).toEqual({ kind: 'account', id: 'a', body: [], revision: 2 })
      expect(await store.records.get('account', 'b')).toBeUndefined()
      expect(await store.records.get('job', 'a')).toBeUndefined()
    })

    it.each([null, false, 0, '', [], {}])('keeps %j as a body', async (body) => {
      await store.records.write([account('a', { body })])
      expect((await store.records.get('account', 'a'))?.body).toEqual(body)
    })

    it('what was given or read can be changed without changing what is kept', async () => {
      const body = { list: [1] }
      await store.records.write([account('a', { body })])
      body.list.push(2)
      const read = (await store.records.get('account', 'a'))?.body as typeof body
      read.list.push(3)
      expect((await store.records.get('account', 'a'))?.body).toEqual({ list: [1] })
    })

    it('removes, and a record made again begins at 1', async () => {
      await store.records.write([account('a'), account('a'), account('b')])
      expect(await store.records.get('account', 'a')).toMatchObject({ revision: 2 })
      expect(await store.records.write([{ kind: 'account', id: 'a' }])).toBe(true)
      expect(await store.records.get('account', 'a')).toBeUndefined()
      expect(await ids('account')).toEqual(['b'])
      expect(await store.records.write([{ kind: 'account', id: 'a' }])).toBe(true)
      await store.records.write([account('a')])
      expect(await store.records.get('account', 'a')).toMatchObject({ revision: 1 })
    })

    it('changes what has the revision that was read, and nothing else', async () => {
      expect(await store.records.write([account('a', { revision: 0 })])).toBe(true)
      expect(await store.records.write([account('a', { revision: 0, body: 1 })])).toBe(false)
      expect(await store.records.write([account('a', { revision: 1, body: 2 })])).toBe(true)
      expect(await store.records.write([account('a', { revision: 1, body: 3 })])).toBe(false)
      expect(await store.records.write([account('b', { revision: 1 })])).toBe(false)
      expect(await store.records.write([{ kind: 'account', id: 'a', revision: 1 }])).toBe(false)
      expect(await store.records.get('account', 'a')).toMatchObject({ body: 2, revision: 2 })
      expect(await store.records.write([{ kind: 'account', id: 'a', revision: 2 }])).toBe(true)
      expect(await store.records.get('account', 'a')).toBeUndefined()
    })

    it('does all of the changes or none', async () => {
      await store.records.write([account('a')])
      const changes = [account('c'), account('a', { body: 9 }), account('b', { revision: 4 })]
      expect(await store.records.write(changes)).toBe(false)
      expect(await ids('account')).toEqual(['a'])
      expect(await store.records.get('account', 'a')).toMatchObject({ body: { name: 'a' }, revision: 1 })
      expect(await store.records.write([])).toBe(true)
    })

    it('of many that change the same revision at once, one succeeds', async () => {
      await store.records.write([account('a', { body: 0 })])
      const written = await Promise.all(
        Array.from({ length: 20 }, (_, n) => store.records.write([account('a', { body: n, revision: 1 })])),
      )
      expect(written.filter(Boolean)).toHaveLength(1)
      expect(await store.records.get('account', 'a')).toMatchObject({ body: written.indexOf(true), revision: 2 })
    })

    it('no counter that is read and written loses a count', async () => {
      await store.records.write([account('n', { body: 0 })])
      const addOne = async () => {
        for (;;) {
          const { body, revision } = (await store.records.get('account', 'n')) as { body: number; revision: number }
          if (await store.records.write([account('n', { body: body + 1, revision })])) return
        }
      }
      await Promise.all(Array.from({ length: 25 }, addOne))
      expect(await store.records.get('account', 'n')).toMatchObject({ body: 25, revision: 26 })
    })

    it('lists a kind in order of UTF-8 bytes, after an id, so many, by owner', async () => {
      // In UTF-16 the cherries would come before the private-use letter.
      const names = ['', 'a', 'a b', 'aa', 'b', 'z', 'é', '\ue000', '\u{1f352}']
      const shuffled = [...names.slice(4), ...names.slice(0, 4)]
      await store.records.write(shuffled.map((id) => account(id, { owner: id.length === 1 ? 'one' : undefined })))
      await store.records.write([account('m', { kind: 'job', owner: 'one' })])
      expect(await ids('account')).toEqual(names)
      expect(await ids('account', { afterId: 'aa' })).toEqual(names.slice(4))
      expect(await ids('account', { afterId: '' })).toEqual(names.slice(1))
      expect(await ids('account', { afterId: 'a a', limit: 2 })).toEqual(['a b', 'aa'])
      expect(await ids('account', { owner: 'one' })).toEqual(['a', 'b', 'z', 'é', '\ue000'])
      expect(await ids('account', { owner: 'one', afterId: 'a', limit: 1 })).toEqual(['b'])
      expect(await ids('account', { owner: 'nobody' })).toEqual([])
      expect(await ids('nothing')).toEqual([])
    })

    it('an owner that changed is listed under the new one only', async () => {
      await store.records.write([account('a', { owner: 'x' })])
      await store.records.write([account('a', { owner: 'y' })])
      expect(await ids('account', { owner: 'x' })).toEqual([])
      expect(await ids('account', { owner: 'y' })).toEqual(['a'])
      await store.records.write([account('a')])
      expect(await ids('account', { owner: 'y' })).toEqual([])
      expect(await ids('account')).toEqual(['a'])
    })

    it('S21-22: what has expired is not there any more, swept or not', async () => {
      await store.records.write([
        account('soon', { expiresAt: subject.inMs(1000), owner: 'x' }),
        account('later', { expiresAt: subject.inMs(5000), owner: 'x' }),
        account('never', { owner: 'x' }),
      ])
      expect(await store.records.get('account', 'soon')).toMatchObject({ expiresAt: subject.inMs(1000) })
      await subject.advance(999)
      expect(await ids('account')).toEqual(['later', 'never', 'soon'])
      await subject.advance(1)
      expect(await store.records.get('account', 'soon')).toBeUndefined()
      expect(await ids('account')).toEqual(['later', 'never'])
      expect(await ids('account', { owner: 'x' })).toEqual(['later', 'never'])
      expect(await ids('account', { limit: 1, afterId: 'later' })).toEqual(['never'])
      expect(await store.records.write([account('soon', { revision: 1 })])).toBe(false)
      expect(await store.records.sweep()).toBe(1)
      expect(await store.records.sweep()).toBe(0)
      expect(await ids('account')).toEqual(['later', 'never'])
    })

    it('what has expired can be made again, and a new end is a new life', async () => {
      await store.records.write([account('a', { expiresAt: subject.inMs(10) })])
      await subject.advance(20)
      expect(await store.records.write([account('a', { revision: 0, expiresAt: subject.inMs(10) })])).toBe(true)
      expect(await store.records.get('account', 'a')).toMatchObject({ revision: 1 })
      await store.records.write([account('a')])
      await subject.advance(20)
      expect(await store.records.get('account', 'a')).toEqual({ ...account('a'), revision: 2 })
      expect(await store.records.sweep()).toBe(0)
    })

    it('refuses what cannot be kept, and keeps nothing of what came with it', async () => {
      const circle: { self?: unknown } = {}
      circle.self = circle
      for (const bad of [{ body: circle }, { body: () => 1 }, { body: 1n }, { expiresAt: 'tomorrow' }]) {
        await expect(store.records.write([account('a'), account('b', bad)])).rejects.toMatchObject({
          code: 'STORE_RECORD_INVALID',
        })
      }
      expect(await ids('account')).toEqual([])
    })

    it.skipIf(!subject.openAgain)('are there when the store is opened again', async () => {
      await store.records.write([account('a', { owner: 'x', expiresAt: subject.inMs(60_000) })])
      const before = await store.records.get('account', 'a')
      const openAgain = subject.openAgain as () => Promise<Store>
      await using again = await openAgain()
      expect(await again.records.get('account', 'a')).toEqual(before)
      expect(await again.records.write([account('a', { revision: 1, body: 'changed' })])).toBe(true)
      expect(await store.records.write([account('a', { revision: 1, body: 'lost' })])).toBe(false)
      expect(await store.records.get('account', 'a')).toMatchObject({ body: 'changed' })
      expect((await store.verify()).problems).toEqual([])
    })
  })
}
