import { createHash } from 'node:crypto'
import { StixTaxiiError } from '../../core/errors.ts'
import type { ContentBlock, Damaged } from '../../stix/item.ts'
import { createHandover } from '../v2/handover.ts'
import { damagedBlock, readBlock } from './block.ts'
import type { BlockOddity } from './block.ts'
import { ask, tolerate } from './exchange.ts'
import type { Answer, BlockReceiver } from './exchange.ts'
import type { Link } from './link.ts'
import type { RequestWriter } from './requests.ts'
import { createTextArena } from './text-arena.ts'

/** Blocks of an answer, or of a slab of a very large one. */
export interface Slab {
  readonly items: readonly ContentBlock[]
  readonly damaged: readonly Damaged[]
  /** SHA-256 (hex) of the decoded bytes. */
  readonly digest: string
}

/** The end of an answer: its message and the blocks that were not given before. */
export interface LastSlab extends Slab {
  readonly answer: Answer
  /** Whether slabs were given before this one. */
  readonly continued: boolean
}

/** How much of an answer is held until its end has been seen, and how large the slabs of a larger one are; bytes. */
export interface SlabSizes {
  readonly wholeBytes: number
  readonly slabBytes: number
}

export const defaultSlabSizes: SlabSizes = { wholeBytes: 32 * 1024 * 1024, slabBytes: 4 * 1024 * 1024 }

export interface PollQuestion {
  readonly address: URL
  readonly write: RequestWriter
  readonly signal?: AbortSignal | undefined
  readonly sizes?: SlabSizes | undefined
}

/**
 * Sends a poll or a fulfilment; yields slabs of an answer larger than `wholeBytes` while it arrives, and returns the rest
 * with the message. Once a slab was given, a broken answer is not asked for again: its error ends the stream.
 */
export async function* streamPoll(link: Link, question: PollQuestion): AsyncGenerator<Slab, LastSlab> {
  const stop = new AbortController()
  const signals = [stop.signal, question.signal].filter((signal) => signal !== undefined)
  const slabs = createHandover<Slab>()
  const collector = createCollector(link, question.sizes ?? defaultSlabSizes, (slab) => slabs.give(slab))
  const { address, write } = question
  let answer: Answer | undefined
  const reading = ask(link, { address, write, signal: AbortSignal.any(signals), receiver: collector, repeatable: true })
    .then((found) => {
      answer = found
      slabs.end()
    })
    .catch((error: unknown) => slabs.fail(collector.handedOut() ? brokenOff(error) : error))
  try {
    yield* slabs.read()
    return { ...collector.take(), answer: answer as Answer, continued: collector.handedOut() }
  } finally {
    slabs.drop()
    if (!answer) stop.abort(new StixTaxiiError('CORE_CANCELLED', 'The reader has gone', { kind: 'cancelled' }))
    await reading
  }
}

interface Collector extends BlockReceiver {
  take(): Slab
  handedOut(): boolean
}

function createCollector(link: Link, sizes: SlabSizes, give: (slab: Slab) => Promise<void>): Collector {
  const arena = createTextArena()
  let items: ContentBlock[] = []
  let damaged: Damaged[] = []
  let hash = createHash('sha256')
  let [heldBytes, totalBytes, handedOut] = [0, 0, false]

  function take(): Slab {
    const slab = { items, damaged, digest: hash.digest('hex') }
    items = []
    damaged = []
    hash = createHash('sha256')
    heldBytes = 0
    return slab
  }

  return {
    restart() {
      if (handedOut) throw restartedTooLate()
      take()
      totalBytes = 0
    },
    bytes(chunk) {
      hash.update(chunk)
      totalBytes += chunk.length
    },
    block(block) {
      const { item, oddities } = readBlock(block, arena)
      for (const oddity of oddities) tellOddity(link, oddity)
      heldBytes += item.raw.length
      if ('reason' in item) damaged.push(item)
      else items.push(item)
    },
    broken(block) {
      const item = damagedBlock(block)
      heldBytes += item.raw.length
      damaged.push(item)
    },
    async settle() {
      if (totalBytes <= sizes.wholeBytes || heldBytes < sizes.slabBytes) return
      handedOut = true
      await give(take())
    },
    take,
    handedOut: () => handedOut,
  }
}

/** Not of kind `network`, so that nobody asks again for what has been given away in part. */
function restartedTooLate(): StixTaxiiError {
  return new StixTaxiiError('TAXII_ANSWER_BROKEN_OFF', 'A very large answer broke off and cannot be read again', {
    kind: 'internal',
  })
}

/** The error of an answer that broke after slabs of it were given. */
function brokenOff(error: unknown): unknown {
  if (!(error instanceof StixTaxiiError) || error.code !== 'TAXII_ANSWER_BROKEN_OFF') return error
  return new StixTaxiiError('TAXII_ANSWER_BROKEN_OFF', 'A very large answer broke off in the middle', {
    kind: 'network',
    hint: 'Nothing of it was kept. Try again, ask for a shorter time, or set the longest window of a poll in the profile.',
    cause: error,
  })
}

const oddityTexts: Readonly<Record<BlockOddity, string>> = {
  'label-unreadable': 'sends timestamp labels that are no times; its blocks are kept without them',
  'label-without-zone': 'sends timestamp labels without a time zone; UTC is assumed',
  'declaration-dropped': 'sends blocks with name space declarations that have no valid prefix; those were dropped',
  'binding-missing': 'sends blocks without a content binding',
}

function tellOddity(link: Link, oddity: BlockOddity): void {
  const code = `TAXII_BLOCK_ODD`
  tolerate(link, code, `${link.settings.url.host} ${oddityTexts[oddity]}`)
}
