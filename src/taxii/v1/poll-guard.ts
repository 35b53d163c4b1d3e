import { createHash } from 'node:crypto'
import { StixTaxiiError } from '../../core/errors.ts'
import type { ReadPart } from './poll-part.ts'
import type { Slab } from './poll-stream.ts'
import type { ResultStand } from './poll-window.ts'

type CompletePart = ReadPart & { readonly kind: 'part' }

/** Parts that are empty, or bring the same again, on end: after these the server is taken to be going in circles. */
const maxEmptyParts = 3
const maxSameParts = 3

export interface PartGuard {
  /** @throws TAXII_PART_GAP, TAXII_NO_PROGRESS, TAXII_CURSOR_LOOP (protocol) */
  check(read: CompletePart, asked: ResultStand | undefined): void
  /** Whether no part had any block. */
  isEmpty(): boolean
}

/** Watches the parts of one window for loops and lies. */
export function createPartGuard(host: string): PartGuard {
  let [empty, same, any, previous] = [0, 0, false, '']
  return {
    isEmpty: () => !any,
    check({ head, last }, asked) {
      const wanted = asked?.part ?? 1
      // Absent means 1; but servers that leave it out on every part are worth bearing with.
      if (head.part !== undefined && head.part !== wanted) {
        throw new StixTaxiiError(
          'TAXII_PART_GAP',
          `${host} gave part ${head.part} where part ${wanted} was asked for`,
          {
            kind: 'protocol',
            hint: 'Parts would be lost or repeated, so this answer was dropped; tell the provider.',
            context: { asked: wanted, received: head.part },
          },
        )
      }
      const endsBare = last.items.length === 0 && last.damaged.length === 0
      const isEmpty = endsBare && !last.continued
      any ||= !isEmpty
      empty = isEmpty ? empty + 1 : 0
      if (head.more && empty >= maxEmptyParts) {
        throw new StixTaxiiError('TAXII_NO_PROGRESS', `${host} promises more, but ${empty} parts on end are empty`, {
          kind: 'protocol',
          hint: 'Try again later; what came before is kept.',
          context: { parts: empty },
        })
      }
      // A large part may end with a slab of nothing: that says nothing of the part.
      const print = endsBare ? '' : printOf(last)
      same = print !== '' && print === previous ? same + 1 : 1
      previous = print
      if (head.more && same >= maxSameParts) {
        throw new StixTaxiiError('TAXII_CURSOR_LOOP', `${host} gives the same content in ${same} parts on end`, {
          kind: 'protocol',
          hint: 'The server goes in circles; what came before is kept. Tell the provider.',
          context: { parts: same },
        })
      }
    },
  }
}

function printOf(slab: Slab): string {
  const hash = createHash('sha256')
  for (const item of slab.items) hash.update(item.id)
  for (const item of slab.damaged) hash.update(item.raw)
  return hash.digest('hex')
}
