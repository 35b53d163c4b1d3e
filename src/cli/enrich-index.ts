import { createHash } from 'node:crypto'
import { mkdir, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { openIndex, type MatchIndex } from '../enrich/open-index.ts'
import { prepareIndex, type BuildReason } from '../enrich/prepare-index.ts'
import { goodIndicators } from '../indicators/good-indicators.ts'
import { openAtomicFile } from '../output/atomic-file.ts'
import type { Store } from '../store/store.ts'
import { indicatorNeeds, indicatorRules, type IndicatorFlags } from './indicator-flags.ts'
import type { Runtime } from './runtime.ts'

/** Parts of the runtime that `openEnrichIndex` works with. */
export const enrichIndexNeeds = ['store', 'folders', 'progress', 'terminal', 'signal', ...indicatorNeeds] as const
type Parts = Pick<Runtime, (typeof enrichIndexNeeds)[number]>

export interface IndexFlags extends IndicatorFlags {
  readonly index?: string | undefined
  readonly rebuild: boolean
  readonly frozen: boolean
}

/** The index for these flags, and how to look whether there is a newer one. */
export interface EnrichIndex {
  /** The newest that was opened. */
  readonly index: MatchIndex
  /**
   * Opens a new index when the store has changed since; undefined when it has not. After a failure the next call tries
   * again.
   */
  renew(): Promise<MatchIndex | undefined>
}

/** Opens the index, built where that is needed, and says on standard error which one it is. */
export async function openEnrichIndex(flags: IndexFlags, parts: Parts): Promise<EnrichIndex> {
  const { terminal, clock } = parts
  if (flags.frozen && flags.index !== undefined) {
    const index = openIndex(path.resolve(parts.workingDirectory, flags.index))
    terminal.note(`Index: ${describe(index)}, ${flags.index}, as it is`)
    return { index, renew: () => Promise.resolve(undefined) }
  }
  const store = await parts.store()
  const file = await indexFile(flags, store, parts)
  let state = await stateOf(flags, store, parts)

  async function prepare(rebuild: boolean): Promise<MatchIndex> {
    const rules = await indicatorRules(flags, parts)
    const task = parts.progress.start('Building the index')
    try {
      const { index, built } = await prepareIndex({
        file,
        state,
        now: clock.now(),
        rebuild,
        isNamed: flags.index !== undefined,
        timeless: flags.includeExpired,
        indicators: () => goodIndicators(store, { ...collectionsOf(flags), signal: parts.signal }, rules),
        openSink: openAtomicFile,
        onProgress: (indicators) => task.update(`Building the index: ${indicators} indicators`),
        signal: parts.signal,
      })
      terminal.note(`Index: ${describe(index)}, ${file}${built === undefined ? '' : `, built now (${reasons[built]})`}`)
      return index
    } finally {
      task.done()
    }
  }

  let index = await prepare(flags.rebuild)
  if (index.tail.indicators === 0) terminal.warn('There are no indicators to enrich with. Fetch some: stixtaxii fetch')
  return {
    get index() {
      return index
    },
    async renew() {
      const [before, now] = [state, await stateOf(flags, store, parts)]
      if (now === before) return undefined
      // `prepare` writes it into what it builds.
      state = now
      try {
        index = await prepare(false)
      } catch (error) {
        state = before
        throw error
      }
      return index
    },
  }
}

const reasons: Readonly<Record<BuildReason, string>> = {
  asked: 'asked for',
  missing: 'there was none',
  damaged: 'the old one is damaged or of another version',
  changed: 'the store or the rules have changed',
  old: 'the old one is older than a day',
}

function describe({ tail }: MatchIndex): string {
  const leftOut = tail.leftOut === 0 ? '' : ` (${tail.leftOut} more cannot be looked for in logs)`
  return `${tail.indicators} ${tail.indicators === 1 ? 'indicator' : 'indicators'}${leftOut}, built ${tail.builtAt}`
}

const collectionsOf = ({ collection }: IndexFlags) => (collection.length === 0 ? {} : { collections: collection })

// One file for each store and each set of rules, so that commands with other flags do not build in turns.
async function indexFile(flags: IndexFlags, store: Store, { folders, workingDirectory }: Parts): Promise<string> {
  if (flags.index !== undefined) return path.resolve(workingDirectory, flags.index)
  const folder = path.join(folders.data, 'enrich')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return path.join(folder, `${digestOf([store.url, ruleFlags(flags)]).slice(0, 16)}.index`)
}

function ruleFlags(flags: IndexFlags): unknown {
  const { kind, source, collection, minConfidence, tlp, maxAge, allowList, warningLists } = flags
  const { observables, hints, includeExpired, includeRevoked, includeVanished } = flags
  const switches = [observables, hints, includeExpired, includeRevoked, includeVanished]
  return [kind, source, collection, minConfidence, tlp, maxAge, allowList, warningLists, switches]
}

// What moves whenever an index built now would be another: the store's content, the flags, the lists they name.
async function stateOf(flags: IndexFlags, store: Store, { workingDirectory }: Parts): Promise<string> {
  const lists = [flags.allowList, flags.warningLists].filter((list) => typeof list === 'string')
  const files = await Promise.all(lists.map((list) => stampsOf(path.resolve(workingDirectory, list))))
  return digestOf([store.url, ruleFlags(flags), files, await contentMark(store)])
}

async function stampsOf(place: string): Promise<readonly unknown[]> {
  const found = await stat(place).catch(() => undefined)
  if (!found?.isDirectory()) return [place, found?.mtimeMs, found?.size]
  const names = (await readdir(place, { recursive: true })).sort()
  return Promise.all(
    names.map(async (name) => {
      const one = await stat(path.join(place, name)).catch(() => undefined)
      return [name, one?.mtimeMs, one?.size]
    }),
  )
}

// Versions and statements of every collection, and the newest runs, which also mark what has vanished.
async function contentMark(store: Store): Promise<unknown> {
  const { collections } = await store.info()
  const runs = await store.runs({ limit: 20 })
  return [collections, runs.map(({ id, finishedAt, status }) => [id, finishedAt, status])]
}

function digestOf(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
