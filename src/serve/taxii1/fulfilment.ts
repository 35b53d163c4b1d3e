import { attributeOf, wholeNumber } from '../../taxii/v1/xml-node.ts'
import type { ContentForms } from './content-form.ts'
import { collectionNamed } from './poll-request.ts'
import { pollReply } from './poll-response.ts'
import { pollableCollection, shelfOf } from './poll.ts'
import { badMessage, notFound, Refusal } from './refusal.ts'
import { partsOf, rangeOfPart } from './results.ts'
import type { Reply, Visit } from './visit.ts'
import { ownerOf } from './visit.ts'

/**
 * Answers with one part of a result, the same each time. Another account's result is unknown.
 * @throws Refusal NOT_FOUND, INVALID_RESPONSE_PART, BAD_MESSAGE
 * @see TAXII 1.1 Services Specification, 3.6.1, 4.4.11 and 5.2.2.3
 */
export async function answerFulfilment(visit: Visit, forms: ContentForms): Promise<Reply> {
  const { root } = visit.message
  const resultId = attributeOf(root, 'result_id')
  const number = wholeNumber(attributeOf(root, 'result_part_number'))
  if (resultId === undefined || number === undefined) throw badMessage('result_id and result_part_number are wanted')
  const collection = await pollableCollection(visit, collectionNamed(root, 'collection_name'))
  const { taxii1, settings } = visit.parts
  const result = await taxii1.getResultSet(resultId)
  const isTheirs = result?.collectionId === collection.id && result.account === ownerOf(visit)
  if (!result || !isTheirs) throw notFound(resultId)
  const parts = partsOf(result)
  if (number < 1 || number > parts) {
    throw new Refusal('INVALID_RESPONSE_PART', { details: { MAX_PART_NUMBER: [String(parts)] } })
  }
  const shelf = shelfOf(visit, collection, { bindings: result.contentBindings })
  const range = await rangeOfPart(taxii1, shelf, result, number)
  if (!range) throw notFound(resultId)
  return pollReply(
    { wire: visit.wire, inResponseTo: visit.message.id, forms },
    {
      collection,
      subscriptionId: result.subscriptionId,
      range,
      count: settings.taxii1.countBlocksInPollResponses ? { value: result.count, isPartial: false } : undefined,
      part: { number, resultId, more: number < parts },
    },
    {
      pages: shelf.blocks(range),
      count: Math.min(result.partSize, result.count - (number - 1) * result.partSize),
    },
  )
}
