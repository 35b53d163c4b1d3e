import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connect } from '../../../src/store/sqlite/binding.ts'
import { openSqliteStore } from '../../../src/store/sqlite/driver.ts'
import { aRun, indicators, keep } from '../../contracts/a-store.ts'
import { bindings } from '../../support/bindings.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { anObject } from '../../support/items.ts'
import { temporaryFolder } from '../../support/temporary.ts'

it.each(bindings.map((binding) => [binding.name, binding] as const))(
  'a full read that died leaves nothing behind once the next has begun, over %s',
  async (_name, binding) => {
    const file = join(await temporaryFolder(), 'store.db')
    const open = () => openSqliteStore(file, { clock: fakeClock(), identity: { pid: 1, host: 'h.example' }, binding })
    const objects = [anObject(), anObject()]
    {
      await using store = await open()
      await keep(store, objects, { runId: await aRun(store, indicators, { full: true }) })
    }
    await using store = await open()
    const runId = await aRun(store, indicators, { full: true })
    await keep(store, objects.slice(0, 1), { runId })
    const reader = connect(binding, file)
    const received = reader.get('SELECT count(*) AS ids FROM seen')?.['ids']
    reader.close()
    expect(received).toBe(1)
    expect(await store.markVanished(indicators, runId)).toBe(1)
  },
)
