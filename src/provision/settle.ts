import { StixTaxiiError } from '../core/errors.ts'
import { samePair } from '../director/compare-sources.ts'
import { parseOrderPath } from '../director/orders.ts'
import { waitForOrder } from '../director/wait-for-order.ts'
import type { Logpoint, Storage } from '../director/client.ts'
import { atOnce } from './at-once.ts'
import { compareSource } from './compare.ts'
import { refreshSources } from '../director/source-changes.ts'
import type { EngineParts } from './engine.ts'
import type { Intent, OpenIntent } from './journal.ts'
import { observeLogpoint, stopsEverything, storageKey, type ObservedLogpoint } from './observe.ts'
import { findInstalled } from './plan-logpoint.ts'
import type { Step } from './plan.ts'
import { placeKey } from './resolve-desired.ts'
import { recordStep } from './step-record.ts'

/** What is still open after settling: by `placeKey` or `storageKey`, why nothing may be done there in this run. */
export type Blocked = ReadonlyMap<string, StixTaxiiError>

export interface SettleOptions {
  /** How long after an interrupted write its effect is looked for before it counts as not carried out. */
  readonly settleMs: number
  readonly parallel: number
}

/**
 * Finds out what became of writes whose end nobody recorded: by their order where its path is known, else by listing until
 * long enough after they were sent. Nothing is sent again here (D1, D3).
 */
export async function settle(
  open: readonly OpenIntent[],
  parts: EngineParts,
  { settleMs, parallel }: SettleOptions,
): Promise<Blocked> {
  const blocked = new Map<string, StixTaxiiError>()
  await atOnce(open, parallel, async (each) => {
    const place = placeOf(each.intent.write)
    try {
      const verdict = await judge(each, parts, settleMs)
      if (verdict === 'running') blocked.set(place, stillRunning(each))
      else if (verdict === 'unseen') blocked.set(place, unseen(each))
      else await close(each.intent, verdict, parts)
    } catch (error) {
      if (stopsEverything(error)) throw error
      blocked.set(place, error as StixTaxiiError)
    }
  })
  return blocked
}

/** `unseen`: it may have been carried out, but Director shows only what was before. */
type Verdict = Seen | 'running' | 'unseen'

async function close(intent: Intent, verdict: Seen, { held, journal, run, clock }: EngineParts): Promise<void> {
  const at = clock.now().toISOString()
  const { director, fleet, write } = intent
  const { done, sourceId } = verdict
  if (done) await held.change((state) => recordStep(state, write, { director, fleet, at, sourceId }))
  const end = done ? 'done' : 'not done'
  await journal.record({ event: 'result', run: intent.run, at, step: intent.step, end, sourceId, settledBy: run })
}

async function judge(open: OpenIntent, parts: EngineParts, settleMs: number): Promise<Verdict> {
  const { clock, signal, client } = parts
  const { intent, order } = open
  if (order !== undefined) {
    const outcome = await waitForOrder(client, parseOrderPath(order), parts)
    if (outcome.state === 'pending') return 'running'
    if (outcome.state === 'failed') return { done: false, isFresh: true }
    if (outcome.state === 'succeeded') return { ...(await look(intent, parts)), done: true }
  }
  const untilMs = Date.parse(intent.at) + settleMs
  for (;;) {
    const seen = await look(intent, parts)
    const leftMs = untilMs - clock.now().getTime()
    if (seen.done || leftMs <= 0) return seen.done || seen.isFresh ? seen : 'unseen'
    await clock.sleep(Math.min(leftMs, 1000), signal)
  }
}

interface Seen {
  readonly done: boolean
  readonly sourceId?: string | undefined
  /** Whether the list shows what is there now, so that what it does not show is not there. */
  readonly isFresh: boolean
}

/** Whether a fresh list shows what the write was to do. */
async function look({ write, before }: Intent, parts: EngineParts): Promise<Seen> {
  const { client, signal } = parts
  if (write.kind === 'upload' || write.kind === 'trash') {
    const files = write.fileKind === 'package' ? client.packages : client.certificates
    const names = await files.list(write.storage, { signal })
    return { done: names.includes(write.name) === (write.kind === 'upload'), isFresh: true }
  }
  const { logpoint } = write
  const isSource = write.kind === 'create' || write.kind === 'edit' || write.kind === 'delete'
  let isFresh = true
  const freshen = async (): Promise<void> => {
    const { state } = await refreshSources(logpoint, parts)
    isFresh = state !== 'failed' && state !== 'pending'
  }
  const options = { parallel: 1, signal, plugins: !isSource, freshen: isSource ? freshen : undefined }
  const observed = await observeLogpoint(client, logpoint, options)
  const seen = isSource ? seenSource(write, before.ids ?? [], observed, parts) : seenPlugin(write, observed)
  return { ...seen, isFresh }
}

function seenSource(
  write: Extract<Step, { kind: 'create' | 'edit' | 'delete' }>,
  former: readonly string[],
  { sources }: ObservedLogpoint,
  { held }: EngineParts,
): Omit<Seen, 'isFresh'> {
  if (write.kind === 'delete') return { done: !sources.some(({ id }) => id === write.sourceId) }
  if (write.kind === 'create') {
    const fresh = sources.filter((each) => !former.includes(each.id) && samePair(each, write.source.known))
    return { done: fresh.length > 0, sourceId: fresh.length === 1 ? fresh[0]?.id : undefined }
  }
  const found = sources.find(({ id }) => id === write.sourceId)
  if (found === undefined) return { done: false }
  const context = { state: held.current, record: undefined, secrets: {}, unsaid: [] }
  const { changes, unknown } = compareSource(write.source.known, found, context)
  // Nothing of what the list shows has changed by this edit: then it cannot tell, and the edit, which says everything anew,
  // is made again if it is still wanted.
  const couldTell = write.fields.some(({ field }) => !unknown.includes(field) && !isHidden(field))
  return { done: couldTell && changes.length === 0, sourceId: found.id }
}

function isHidden(field: string): boolean {
  return ['begin.unit', 'certificate.location', 'basic.password', 'certificate.keyPassphrase'].includes(field)
}

function seenPlugin(
  write: Extract<Step, { kind: 'install' | 'uninstall' }>,
  { plugins, logpoint }: ObservedLogpoint,
): Omit<Seen, 'isFresh'> {
  if (write.kind === 'uninstall') return { done: !(plugins ?? []).some(({ id }) => id === write.pluginId) }
  const installed = findInstalled(plugins, logpoint)
  if (installed === undefined) return { done: false }
  const isComparable = installed.version !== undefined && write.version !== undefined
  return { done: isComparable ? installed.version === write.version : write.sign === '+' }
}

function placeOf(write: Step): string {
  return 'storage' in write ? storageKey(write.storage as Storage) : placeKey(write.logpoint as Logpoint)
}

function stillRunning({ intent, order = '' }: OpenIntent): StixTaxiiError {
  const text = `${intent.target}: Director is still at the ${intent.write.thing} of run ${intent.run}`
  return new StixTaxiiError('PROVISION_STILL_RUNNING', text, {
    kind: 'pending',
    hint: `Nothing else is sent there meanwhile. Wait with: stixtaxii director order wait ${order}`,
    context: { target: intent.target, run: intent.run, order },
  })
}

function unseen({ intent }: OpenIntent): StixTaxiiError {
  const text = `${intent.target}: what became of the ${intent.write.thing} of run ${intent.run} is not known, and Director does not refresh its list`
  return new StixTaxiiError('PROVISION_UNSETTLED', text, {
    kind: 'pending',
    hint: 'Nothing else is sent there meanwhile. Try: stixtaxii director source refresh; then run this again.',
    context: { target: intent.target, run: intent.run },
  })
}
