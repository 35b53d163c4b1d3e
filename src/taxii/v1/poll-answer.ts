import { readLabel } from './labels.ts'
import { attributeOf, booleanOf, childNamed, textOf, wholeNumber } from './xml-node.ts'
import type { XmlNode } from './xml-node.ts'

/** What a `Poll_Response` says besides its blocks. */
export interface PollHead {
  readonly collection?: string | undefined
  readonly more: boolean
  readonly resultId?: string | undefined
  /** Undefined where the server does not say, which means 1. */
  readonly part?: number | undefined
  /** As written. */
  readonly begin?: string | undefined
  readonly end?: string | undefined
  /** The end label as a stamp; undefined when it is absent or no time. */
  readonly endStamp?: string | undefined
  /** The end label had no time zone. */
  readonly endGuessed: boolean
  readonly count?: number | undefined
  readonly countIsPartial: boolean
  readonly message?: string | undefined
}

/**
 * Reads either version's poll response: 1.1 may still use the inclusive begin label that 1.0 always uses.
 * @see TAXII 1.1 Services Specification, 4.4.9; TAXII 1.0 Services Specification, 3.4.9
 */
export function readPollHead(root: XmlNode): PollHead {
  const end = textOf(root, 'Inclusive_End_Timestamp')
  const label = readLabel(end)
  const count = childNamed(root, 'Record_Count')
  return {
    collection: attributeOf(root, 'collection_name') ?? attributeOf(root, 'feed_name'),
    more: booleanOf(root, 'more') ?? false,
    resultId: attributeOf(root, 'result_id'),
    part: wholeNumber(attributeOf(root, 'result_part_number')),
    begin: textOf(root, 'Exclusive_Begin_Timestamp') ?? textOf(root, 'Inclusive_Begin_Timestamp'),
    end,
    endStamp: label?.stamp,
    endGuessed: label?.guessed ?? false,
    count: wholeNumber(count?.text),
    countIsPartial: count !== undefined && booleanOf(count, 'partial_count') === true,
    message: textOf(root, 'Message'),
  }
}
