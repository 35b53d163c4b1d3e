import { z } from 'zod'
import type { ContentBlock, Damaged } from '../stix/item.ts'
import { blockId } from '../taxii/v1/block.ts'

const line = z.object({
  type: z.literal('content-block'),
  binding: z.string(),
  content: z.string(),
  id: z.string().optional(),
  subtype: z.string().optional(),
  timestampLabel: z.string().optional(),
})

/**
 * The content block in a line that `itemLine` wrote; undefined when the JSON is not such a line. A line whose id is not that
 * of its binding and content was altered, and is damaged.
 */
export function contentBlockOf(raw: Buffer): ContentBlock | Damaged | undefined {
  if (!raw.includes('"content-block"')) return undefined
  const value = parsed(raw)
  if (typeof value !== 'object' || value === null || !('type' in value) || value.type !== 'content-block')
    return undefined
  const read = line.safeParse(value)
  if (!read.success)
    return { reason: 'STIX_BLOCK_UNREADABLE', detail: 'a content-block line without binding or content', raw }
  const { binding, content, subtype, timestampLabel, id } = read.data
  const bytes = Buffer.from(content)
  const own = blockId(binding, bytes)
  if (id !== undefined && id !== own) {
    return { reason: 'STIX_BLOCK_ALTERED', detail: 'a content-block line whose id is not that of its content', raw }
  }
  return { kind: 'block', id: own, binding, subtype, timestampLabel, raw: bytes }
}

function parsed(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'))
  } catch {
    return undefined
  }
}
