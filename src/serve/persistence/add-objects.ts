import { createHash, randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../core/ports.ts'
import { timestampOfDate } from '../../core/timestamp.ts'
import { describeObject, isDamaged } from '../../stix/describe.ts'
import type { Damaged, StixObject } from '../../stix/item.ts'
import { jobChange } from '../../store/records/jobs.ts'
import type { Settled, Store } from '../../store/store.ts'
import type { Job, JobDetail } from '../taxii2-persistence.ts'
import { withoutSpace } from './compact.ts'
import type { ServedCollection } from './served-collection.ts'
import type { ServerRuns } from './server-run.ts'

export interface Adding {
  readonly store: Store
  readonly clock: Clock
  readonly runs: ServerRuns
}

/**
 * Stores what was posted and the job that says what became of it, in one transaction: whoever finds the job finds the
 * objects. What is no object is told in the job and kept nowhere.
 */
export async function addObjects(
  { store, clock, runs }: Adding,
  collection: ServedCollection,
  objects: readonly Buffer[],
  from: { readonly apiRootId: string; readonly url: string; readonly account: string | undefined },
): Promise<Job> {
  const requestedAt = timestampOfDate(clock.now())
  const described = await describeAll(objects)
  const items = described.filter((one): one is StixObject => !isDamaged(one))
  const outcomes: Settled[] = []
  let job: Job | undefined
  const page = { url: from.url, digest: digestOf(objects), receivedAt: requestedAt }
  await store.commit({
    key: collection.key,
    runId: await runs(collection.key, collection.title),
    parts: [{ page, items, damaged: [] }],
    checkpoint: () => undefined,
    onSettled: (_item, outcome) => outcomes.push(outcome),
    records() {
      const completedAt = timestampOfDate(clock.now())
      const details = detailsOf(described, outcomes)
      const { apiRootId, account } = from
      const who = account === undefined ? {} : { account }
      job = { id: randomUUID(), apiRootId, status: 'complete', requestedAt, completedAt, details, ...who }
      return [jobChange(job)]
    },
  })
  return job as unknown as Job
}

/** Objects that are described before others get their turn. */
const describedAtOnce = 256

async function describeAll(objects: readonly Buffer[]): Promise<readonly (StixObject | Damaged)[]> {
  const described: (StixObject | Damaged)[] = []
  for (const raw of objects) {
    if (described.length % describedAtOnce === describedAtOnce - 1) await nextTurn()
    described.push(describe(raw))
  }
  return described
}

function describe(raw: Buffer): StixObject | Damaged {
  const described = describeObject(raw)
  if (isDamaged(described)) return described
  const compact = withoutSpace(raw)
  return compact === raw ? described : describeObject(compact)
}

function detailsOf(described: readonly (StixObject | Damaged)[], outcomes: readonly Settled[]): readonly JobDetail[] {
  let at = 0
  return described.map((one) => (isDamaged(one) ? damagedDetail(one) : settledDetail(one, outcomes[at++])))
}

function settledDetail({ id, version }: StixObject, outcome: Settled | undefined): JobDetail {
  // An object without a date has a version of ours, which means nothing to others.
  const detail = { stixId: id, ...(!version.startsWith('sha256:') && { version }) }
  if (outcome === 'unchanged') return { ...detail, status: 'success', wasThere: true }
  if (outcome !== 'conflict') return { ...detail, status: 'success' }
  const message = 'Another object of this id and version is already there, with other content; that one was kept'
  return { ...detail, status: 'failure', message }
}

function damagedDetail({ detail, raw }: Damaged): JobDetail {
  return { stixId: idIn(raw), status: 'failure', message: detail }
}

const longestId = 256

function idIn(raw: Buffer): string {
  try {
    const { id } = JSON.parse(raw.toString('utf8')) as { readonly id?: unknown }
    return typeof id === 'string' ? id.slice(0, longestId) : ''
  } catch {
    return ''
  }
}

function digestOf(objects: readonly Buffer[]): string {
  const digest = createHash('sha256')
  for (const object of objects) digest.update(object).update('\n')
  return digest.digest('hex')
}
