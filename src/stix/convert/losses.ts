/** Something that STIX 2.1 has no place for, or that could not be read: counted by kind, with one example. */
export interface Loss {
  readonly loss: string
  readonly count: number
  readonly example: string | null
}

/** Counts what a conversion could not express. */
export interface LossCounter {
  /** `loss` is one of few sentences; `example` where it happened: an id, a name. */
  add(loss: string, example?: string, count?: number): void
  /** Most frequent first, then by name. */
  list(): readonly Loss[]
}

const maxKinds = 200
const maxExample = 120

export function countLosses(): LossCounter {
  const counts = new Map<string, { count: number; readonly example: string | null }>()
  return {
    add(loss, example, count = 1) {
      const kind = counts.has(loss) || counts.size < maxKinds ? loss : 'Others'
      const known = counts.get(kind)
      if (known) known.count += count
      else counts.set(kind, { count, example: example === undefined ? null : example.slice(0, maxExample) })
    },
    list() {
      const all = [...counts].map(([loss, { count, example }]) => ({ loss, count, example }))
      return all.sort((a, b) => b.count - a.count || (a.loss < b.loss ? -1 : 1))
    },
  }
}
