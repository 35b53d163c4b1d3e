import assert from 'node:assert/strict'
import type { ResultSetEntity, SubscriptionEntity, Taxii1Persistence } from '../taxii1-persistence.ts'
import { refuses } from './check.ts'
import { aCollection1, aFilled1, blocks, stix11 } from './taxii1-samples.ts'

const unknownId = '00000000-0000-4000-8000-00000000ffff'

async function aResultSet(
  persistence: Taxii1Persistence,
  more: Partial<ResultSetEntity> = {},
): Promise<ResultSetEntity> {
  const { id: collectionId } = await aFilled1(persistence, 5)
  const labels = (await persistence.getContentBlocks(collectionId)).map(({ timestampLabel }) => timestampLabel)
  return persistence.createResultSet({
    collectionId,
    contentBindings: [{ binding: stix11, subtypes: [] }],
    end: labels[4] ?? '',
    partBegins: [undefined, labels[1]],
    partSize: 2,
    count: 5,
    account: 'alice',
    expiresAt: '2999-01-01T00:00:00.000000Z',
    ...more,
  })
}

function asked(more: Partial<Omit<SubscriptionEntity, 'id'>> = {}): Omit<SubscriptionEntity, 'id'> {
  return {
    serviceId: 'checked',
    collectionId: unknownId,
    responseType: 'FULL',
    contentBindings: [{ binding: stix11, subtypes: ['a', 'b'] }],
    status: 'ACTIVE',
    account: 'alice',
    ...more,
  }
}

/** Result sets and subscriptions of TAXII 1.x. */
export const taxii1PollingPromises: Readonly<Record<string, (persistence: Taxii1Persistence) => Promise<void>>> = {
  async 'createResultSet, getResultSet: as it was made, and the same while content arrives'(persistence) {
    const made = await aResultSet(persistence)
    await persistence.createContentBlocks(blocks(3, 6), [made.collectionId])
    assert.deepEqual(await persistence.getResultSet(made.id), made)
    assert.equal(await persistence.getResultSet(unknownId), undefined)
  },
  async 'getResultSet, extendResultSet: one that has expired is not there'(persistence) {
    const { id } = await aResultSet(persistence, { expiresAt: '2000-01-01T00:00:00.000000Z' })
    assert.equal(await persistence.getResultSet(id), undefined)
    assert.equal(await persistence.extendResultSet(id, []), undefined)
  },
  async 'extendResultSet: adds begins; those it has stay'(persistence) {
    const made = await aResultSet(persistence)
    const [further, altered] = ['2998-01-01T00:00:00.000000Z', '1999-01-01T00:00:00.000000Z']
    const extended = await persistence.extendResultSet(made.id, [...made.partBegins, further])
    assert.deepEqual(extended?.partBegins, [...made.partBegins, further])
    const again = await persistence.extendResultSet(made.id, [undefined, altered, altered])
    assert.deepEqual(again?.partBegins, [...made.partBegins, further])
    assert.deepEqual(await persistence.getResultSet(made.id), { ...made, partBegins: [...made.partBegins, further] })
    assert.equal(await persistence.extendResultSet(unknownId, []), undefined)
  },
  async 'createSubscription: the same request of the same account does not make two'(persistence) {
    const { id: collectionId } = await aCollection1(persistence)
    const made = await persistence.createSubscription(asked({ collectionId }))
    const again = await persistence.createSubscription(
      asked({ collectionId, contentBindings: [{ binding: stix11, subtypes: ['b', 'a'] }] }),
    )
    assert.equal(again.id, made.id)
    const others = [{ account: 'bob' }, { responseType: 'COUNT_ONLY' as const }, { contentBindings: [] }]
    const more = await Promise.all(
      others.map((more) => persistence.createSubscription(asked({ collectionId, ...more }))),
    )
    assert.equal(new Set([made, ...more].map(({ id }) => id)).size, 4)
    assert.equal((await persistence.getSubscriptions('checked')).length, 4)
    assert.deepEqual(await persistence.getSubscriptions('unknown'), [])
  },
  async 'createSubscription: the same request at once, many times, makes one'(persistence) {
    const made = await Promise.all(Array.from({ length: 8 }, () => persistence.createSubscription(asked())))
    assert.equal(new Set(made.map(({ id }) => id)).size, 1)
  },
  async 'updateSubscription, getSubscription: change what there is'(persistence) {
    const made = await persistence.createSubscription(asked())
    await persistence.updateSubscription({ ...made, status: 'PAUSED' })
    assert.deepEqual(await persistence.getSubscription(made.id), { ...made, status: 'PAUSED' })
    assert.equal(await persistence.getSubscription(unknownId), undefined)
    await refuses('SERVE_SUBSCRIPTION_UNKNOWN', () => persistence.updateSubscription({ ...made, id: unknownId }))
  },
  async 'createSubscription: one that was ended is active again when it is asked for again'(persistence) {
    const made = await persistence.createSubscription(asked())
    await persistence.updateSubscription({ ...made, status: 'UNSUBSCRIBED' })
    const again = await persistence.createSubscription(asked())
    assert.equal(again.status, 'ACTIVE')
    assert.deepEqual(await persistence.getSubscription(again.id), again)
  },
}
