/**
 * What a TAXII server hands over, as it came: a STIX 2 object or a TAXII 1.x content block. Raw bytes are what is kept;
 * everything else here is read off them.
 */

/** A STIX 2 object with what identifies it. See `describeObject`. */
export interface StixObject {
  readonly kind: 'object'
  readonly id: string
  readonly type: string
  /** `modified`, else `created`, else `sha256:` and the digest of the canonical JSON. The text as the object has it. */
  readonly version: string
  readonly specVersion: '2.0' | '2.1'
  readonly revoked: boolean
  /** The object's own bytes without insignificant white space, nothing else changed (also integers beyond 2^53). UTF-8. */
  readonly raw: Buffer
  /** The id as the server wrote it, where it had to be repaired to be one. */
  readonly originalId?: string | undefined
}

/** A TAXII 1.x content block. Its id is `block--` and the SHA-256 (hex) of binding, a line feed and content. */
export interface ContentBlock {
  readonly kind: 'block'
  readonly id: string
  readonly binding: string
  readonly subtype?: string | undefined
  /** RFC 3339 as the server wrote it; up to six digits. */
  readonly timestampLabel?: string | undefined
  readonly message?: string | undefined
  /** The content: XML made self-contained by the name spaces it inherited, or text (as STIX 2 JSON). UTF-8. */
  readonly raw: Buffer
}

export type Item = StixObject | ContentBlock

/** Something received that cannot be an item: kept aside with its reason, counted, and in nobody's way. */
export interface Damaged {
  /** `STIX_ID_MISSING`, `STIX_NOT_AN_OBJECT`, ... stable. */
  readonly reason: string
  readonly detail: string
  readonly raw: Buffer
}
