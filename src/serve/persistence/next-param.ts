import { createHash } from 'node:crypto'
import { StixTaxiiError } from '../../core/errors.ts'
import { isTimestamp } from '../../core/timestamp.ts'
import type { PageKey } from '../taxii2-persistence.ts'

/**
 * Where a page ended, as text that is safe in a URL and means the same after a restart and in another process. The digest
 * tells what was cut or made up; it is no secret, since the keys give nothing that the filters would not.
 * @see TAXII 2.1, 3.5 (pagination)
 */
export function nextParam({ dateAdded, id, version }: PageKey): string {
  const text = Buffer.from(JSON.stringify([dateAdded, id, version]))
  return Buffer.concat([digestOf(text), text]).toString('base64url')
}

/** @throws SERVE_NEXT_FORGED (usage) */
export function parseNextParam(text: string): PageKey {
  const bytes = Buffer.from(text, 'base64url')
  const [digest, rest] = [bytes.subarray(0, digestLength), bytes.subarray(digestLength)]
  // What base64url passes over (other letters, padding) was not written by us.
  if (bytes.toString('base64url') !== text || !digest.equals(digestOf(rest))) throw forged()
  const key: unknown = parsed(rest)
  if (!Array.isArray(key) || key.length !== 3 || !key.every((part) => typeof part === 'string')) throw forged()
  const [dateAdded, id, version] = key as [string, string, string]
  if (!isTimestamp(dateAdded)) throw forged()
  return { dateAdded, id, version }
}

const digestLength = 9

function digestOf(text: Buffer): Buffer {
  return createHash('sha256').update('next\n').update(text).digest().subarray(0, digestLength)
}

function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'))
  } catch {
    throw forged()
  }
}

function forged(): StixTaxiiError {
  return new StixTaxiiError('SERVE_NEXT_FORGED', 'The value of "next" is none that this server gave', {
    kind: 'usage',
    hint: 'Read the first page again.',
  })
}
