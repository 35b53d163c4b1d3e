import { createHash } from 'node:crypto'
import { versionOf } from './compare.ts'
import type { StorePiece } from './store-piece.ts'

/** How many of each there are. */
export interface PieceCounts {
  readonly sources: number
  readonly collections: number
  readonly runs: number
  readonly seen: number
  readonly pages: number
  readonly versions: number
  readonly vanished: number
  readonly revoked: number
  readonly checkpoints: number
  readonly quarantined: number
  readonly conflicts: number
  readonly records: number
}

/** Counts and digests over pieces: two stores with the same hold the same. */
export interface PieceSum {
  add(piece: StorePiece): void
  counts(): PieceCounts
  /** What differs from the other, as names of `PieceCounts`. */
  differences(other: PieceSum): readonly (keyof PieceCounts)[]
  /** SHA-256 over all digests, hex. */
  digest(): string
  /** By what is counted. */
  digests(): Readonly<Record<keyof PieceCounts, string>>
}

export function newPieceSum(): PieceSum {
  const sums = Object.fromEntries(names.map((name) => [name, newSum(unordered.has(name))])) as Sums
  return {
    add: (piece) => addPiece(sums, piece),
    counts: () => Object.fromEntries(names.map((name) => [name, sums[name].count()])) as unknown as PieceCounts,
    digests: () => Object.fromEntries(names.map((name) => [name, sums[name].digest()])) as Record<Name, string>,
    digest() {
      return createHash('sha256')
        .update(names.map((name) => sums[name].digest()).join(' '))
        .digest('hex')
    },
    differences(other) {
      const digests = other.digests()
      return names.filter((name) => sums[name].digest() !== digests[name])
    },
  }
}

type Name = keyof PieceCounts
type Sums = Readonly<Record<Name, Sum>>

const names: readonly Name[] = [
  ...(['sources', 'collections', 'runs', 'seen', 'pages', 'versions', 'vanished', 'revoked'] as const),
  ...(['checkpoints', 'quarantined', 'conflicts', 'records'] as const),
]

/** Sets of ids: a driver gives them in whatever order it finds them. */
const unordered: ReadonlySet<Name> = new Set<Name>(['seen', 'vanished', 'revoked'])

function addPiece(sums: Sums, piece: StorePiece): void {
  switch (piece.kind) {
    case 'source':
      return sums.sources.add(stable(piece.source))
    case 'collection':
      return sums.collections.add(stable(piece.collection))
    case 'run':
      return sums.runs.add(stable(piece.run))
    case 'seen':
      return piece.ids.forEach((id) => sums.seen.add(JSON.stringify([piece.runId, id])))
    case 'page':
      return sums.pages.add(stable(piece.page))
    case 'versions':
      return addVersions(sums, piece)
    case 'vanished':
    case 'revoked':
      return piece.ids.forEach((id) => sums[piece.kind].add(stable([piece.key, id])))
    case 'checkpoint':
      return sums.checkpoints.add(stable(piece.checkpoint))
    case 'quarantined': {
      const { raw, ...rest } = piece.entry
      return sums.quarantined.add(stable(rest), raw)
    }
    case 'conflict': {
      const { kept, other, ...rest } = piece.entry
      return sums.conflicts.add(stable(rest), kept, other)
    }
    case 'record':
      return sums.records.add(stable(piece.record))
  }
}

function addVersions({ versions }: Sums, piece: Extract<StorePiece, { kind: 'versions' }>): void {
  const key = stable(piece.key)
  for (const { item, added } of piece.versions) {
    const { raw, ...rest } = item
    versions.add(`${key} ${added} ${versionOf(item)} ${stable(rest)}`, raw)
  }
}

/** JSON with the members of objects in order of their names; those that are undefined are not there. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}

interface Sum {
  add(text: string, ...raw: readonly Buffer[]): void
  count(): number
  digest(): string
}

function newSum(isUnordered: boolean): Sum {
  let count = 0
  // The sum of the digests of a set does not depend on its order.
  let total = 0n
  const all = createHash('sha256')
  return {
    add(text, ...raw) {
      count++
      const one = isUnordered ? createHash('sha256') : all
      for (const bytes of [Buffer.from(text), ...raw]) one.update(`${bytes.length}:`).update(bytes)
      if (isUnordered) total = BigInt.asUintN(256, total + BigInt(`0x${one.digest('hex')}`))
    },
    count: () => count,
    digest: () => (isUnordered ? total.toString(16).padStart(64, '0') : all.copy().digest('hex')),
  }
}
