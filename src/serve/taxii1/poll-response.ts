import { minusMicroseconds } from '../../core/timestamp.ts'
import type { Wire } from '../../taxii/v1/wire.ts'
import { textElement } from '../../taxii/v1/xml-writer.ts'
import type { XmlElement } from '../../taxii/v1/xml-writer.ts'
import type { ContentBlockEntity, Taxii1Collection } from '../taxii1-persistence.ts'
import type { ContentForms } from './content-form.ts'
import type { Range } from './shelf.ts'
import type { Reply } from './visit.ts'
import { blockWriter } from './write-blocks.ts'
import { answerMessage } from './write-message.ts'

/** What an answer to a poll says besides its blocks. */
export interface PollHead {
  readonly collection: Taxii1Collection
  readonly subscriptionId?: string | undefined
  /** What was considered; told for feeds only. */
  readonly range: Range
  readonly count?: { readonly value: number; readonly isPartial: boolean } | undefined
  /** One of several parts. */
  readonly part?: { readonly number: number; readonly resultId: string; readonly more: boolean } | undefined
}

/**
 * A poll response; blocks are written as they are read.
 * @see TAXII 1.1 Services Specification, 4.4.9; TAXII 1.0, 3.4.9
 */
export function pollReply(
  { wire, inResponseTo, forms }: { readonly wire: Wire; readonly inResponseTo: string; readonly forms: ContentForms },
  head: PollHead,
  blocks: { readonly pages: AsyncIterable<readonly ContentBlockEntity[]>; readonly count: number } | undefined,
): Reply {
  const text = answerMessage(wire, 'Poll_Response', inResponseTo, {
    attributes: wire.version === '1.0' ? attributes10(head) : attributes11(head),
    children: [
      wire.version === '1.0' ? undefined : textElement('Subscription_ID', head.subscriptionId),
      ...labelElements(wire, head),
      wire.version === '1.0' ? undefined : countElement(head),
    ],
  })
  if (!blocks) return { body: text, blocks: 0 }
  const { before, after } = opened(text, `${wire.prefix}:Poll_Response`)
  const write = blockWriter(wire, forms)
  async function* body(pages: AsyncIterable<readonly ContentBlockEntity[]>): AsyncGenerator<Buffer> {
    yield Buffer.from(before)
    for await (const page of pages) yield write(page)
    yield Buffer.from(after)
  }
  return { body: body(blocks.pages), blocks: blocks.count }
}

function attributes10({ collection, subscriptionId }: PollHead): Record<string, string | undefined> {
  return { feed_name: collection.name, subscription_id: subscriptionId }
}

function attributes11({ collection, part }: PollHead): Record<string, string | undefined> {
  return {
    collection_name: collection.name,
    more: String(part?.more ?? false),
    result_id: part?.resultId,
    result_part_number: part && String(part.number),
  }
}

/** 1.0 tells the begin as inclusive: one microsecond behind what was asked for, since labels have no more digits. */
function labelElements(wire: Wire, { collection, range }: PollHead): readonly (XmlElement | undefined)[] {
  if (collection.type === 'set') return []
  const begin =
    wire.version === '1.0'
      ? textElement('Inclusive_Begin_Timestamp', range.begin && minusMicroseconds(range.begin, -1))
      : textElement('Exclusive_Begin_Timestamp', range.begin)
  return [begin, textElement('Inclusive_End_Timestamp', range.end)]
}

function countElement({ count }: PollHead): XmlElement | undefined {
  if (!count) return undefined
  const attributes = { partial_count: count.isPartial ? 'true' : undefined }
  return { name: 'Record_Count', attributes, text: String(count.value) }
}

/** A written message cut where its blocks belong: before its end tag. */
function opened(text: string, name: string): { readonly before: string; readonly after: string } {
  const after = `</${name}>`
  if (text.endsWith('/>')) return { before: `${text.slice(0, -2)}>`, after }
  return { before: text.slice(0, -after.length), after }
}
