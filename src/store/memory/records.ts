import { fromEpochMicroseconds } from '../../core/timestamp.ts'
import { keptChange, type KeptChange } from '../record-change.ts'
import type { RecordChange, Records, StoredRecord } from '../records.ts'
import { recordChanged } from '../store-errors.ts'

interface KeptRecord {
  readonly kind: string
  readonly id: string
  readonly owner: string | undefined
  readonly text: string
  readonly revision: number
  readonly expires: number | undefined
}

export interface MemoryRecords {
  readonly records: Records
  /**
   * Does all of the changes or none; answers what undoes them.
   * @throws STORE_RECORD_CHANGED (conflict) when a revision does not hold.
   */
  apply(changes: readonly RecordChange[]): () => void
  /** All of them, expired or not, in order of kind and id. */
  all(): readonly StoredRecord[]
  /** As it is, its revision too. */
  put(record: StoredRecord): void
  clear(): void
}

/** Records in a map, as JSON text, so that nobody shares what is kept. `now` in microseconds. */
export function newMemoryRecords(now: () => number): MemoryRecords {
  let kept = new Map<string, KeptRecord>()
  const nameOf = ({ kind, id }: { readonly kind: string; readonly id: string }) => JSON.stringify([kind, id])
  const isThere = ({ expires }: KeptRecord) => expires === undefined || expires > now()

  function change(records: Map<string, KeptRecord>, wanted: RecordChange, { text, expires }: KeptChange): void {
    const name = nameOf(wanted)
    const found = records.get(name)
    const revision = found && isThere(found) ? found.revision : 0
    if (wanted.revision !== undefined && wanted.revision !== revision) throw recordChanged(wanted)
    const { kind, id, owner } = wanted
    if (text === undefined) records.delete(name)
    else records.set(name, { kind, id, owner, text, revision: revision + 1, expires })
  }

  function apply(changes: readonly RecordChange[]): () => void {
    const before = kept
    const after = new Map(kept)
    for (const wanted of changes) change(after, wanted, keptChange(wanted))
    kept = after
    return () => {
      kept = before
    }
  }

  return {
    apply,
    all: () =>
      [...kept.values()]
        .sort((a, b) => compareIds(a.kind, b.kind) || compareIds(a.id, b.id))
        .map((record) => recordOf(record)),
    put({ kind, id, owner, body, revision, expiresAt }) {
      const { text = 'null', expires } = keptChange({ kind, id, body, expiresAt })
      kept.set(nameOf({ kind, id }), { kind, id, owner, text, revision, expires })
    },
    clear: () => void (kept = new Map()),
    records: {
      async get(kind, id) {
        const found = kept.get(nameOf({ kind, id }))
        return found && isThere(found) ? recordOf(found) : undefined
      },
      async list(kind, { owner, afterId, limit } = {}) {
        const found = [...kept.values()].filter(
          (record) =>
            record.kind === kind &&
            (owner === undefined || record.owner === owner) &&
            (afterId === undefined || compareIds(record.id, afterId) > 0) &&
            isThere(record),
        )
        return found
          .sort((a, b) => compareIds(a.id, b.id))
          .slice(0, limit)
          .map(recordOf)
      },
      async write(changes) {
        try {
          apply(changes)
          return true
        } catch (error) {
          if ((error as { code?: unknown }).code === 'STORE_RECORD_CHANGED') return false
          throw error
        }
      },
      async sweep() {
        const gone = [...kept].filter(([, record]) => !isThere(record))
        kept = new Map([...kept].filter(([, record]) => isThere(record)))
        return gone.length
      },
    },
  }
}

function compareIds(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function recordOf({ kind, id, owner, text, revision, expires }: KeptRecord): StoredRecord {
  return {
    kind,
    id,
    ...(owner !== undefined && { owner }),
    body: JSON.parse(text) as unknown,
    revision,
    ...(expires !== undefined && { expiresAt: fromEpochMicroseconds(BigInt(expires)) }),
  }
}
