import { expect, it } from 'vitest'
import { openStorePersistence } from '../../../src/serve/persistence/open.ts'
import { openMemoryStore } from '../../../src/store/memory/driver.ts'
import { anObject } from '../../support/items.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { storeItems } from '../a-running-server.ts'

it('what is fetched never takes the name of what was made before: rights go by names in 1.x', async () => {
  const clock = fakeClock()
  await using store = openMemoryStore({ clock, identity: { pid: 1, host: 'here' } })
  const { catalogue } = openStorePersistence({ store, clock })
  const made = await catalogue.create({ title: 'Ours', name: 'acme.feed' })
  await storeItems(store, [anObject()], { source: 'acme', collection: 'feed' })
  await clock.advance(2000)
  const fetched = (await catalogue.list()).find(({ isAutomatic }) => isAutomatic)
  expect(fetched?.name).toBe(`acme.feed~${fetched?.id.slice(0, 8)}`)
  expect((await catalogue.byName('acme.feed'))?.id).toBe(made.id)
  expect((await catalogue.byName(fetched?.name ?? ''))?.id).toBe(fetched?.id)
  expect((await catalogue.get(fetched?.id ?? ''))?.name).toBe(fetched?.name)
})
