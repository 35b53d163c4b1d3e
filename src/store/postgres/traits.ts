import type { Connection } from './connection.ts'
import { digestOf, keyText } from './keys.ts'

/** Traits: what many statements of a collection have in common, kept once under a number. */

const newTraitsSql = `INSERT INTO trait (collection, digest, body)
  SELECT $1, digest, body FROM unnest($2::bytea[], $3::bytea[]) AS new (digest, body) ON CONFLICT DO NOTHING`
const traitsSql = 'SELECT number, digest FROM trait WHERE collection = $1 AND digest = ANY ($2::bytea[])'

const mostTraitsSeen = 100_000

export interface Traits {
  /** Says that a statement has these. */
  count(text: string): void
  /** The numbers of those counted so far that have one. */
  numbers(): Promise<ReadonlyMap<string, number | undefined>>
}

/** Traits that come a second time within a transaction get a number; those that are one statement's own never do. */
export function newTraits(connection: Connection, collection: number): Traits {
  const known = new Map<string, number | undefined>()
  let wanted = new Set<string>()
  return {
    count(text: string) {
      if (known.has(text)) {
        if (known.get(text) === undefined) wanted.add(text)
      } else if (known.size < mostTraitsSeen) known.set(text, undefined)
    },
    async numbers() {
      if (wanted.size > 0) {
        const byDigest = new Map([...wanted].map((text) => [keyText(digestOf(Buffer.from(text))), text]))
        const digests = [...wanted].map((text) => digestOf(Buffer.from(text)))
        const bodies = [...wanted].map((text) => Buffer.from(text))
        await connection.run(newTraitsSql, [collection, digests, bodies])
        for (const row of await connection.all(traitsSql, [collection, digests])) {
          known.set(byDigest.get(keyText(row['digest'] as Buffer)) as string, row['number'] as number)
        }
        wanted = new Set()
      }
      return known
    },
  }
}
