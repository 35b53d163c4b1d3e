/** Why a document was refused. The room that asked wraps it in an error of its own. */
export type ScanReason =
  /** Separators, brackets or literals are not where JSON has them. */
  | 'syntax'
  /** The document ended before its end. */
  | 'cut'
  /** Bytes after the end of the document. */
  | 'trailing'
  /** Not UTF-8. */
  | 'encoding'
  /** Nested deeper, or with more outside the array, than anybody needs. */
  | 'limit'

/** A document that is no JSON, with the byte where that became clear (counted from 0, a byte order mark included). */
export class ScanError extends Error {
  readonly reason: ScanReason
  readonly offset: number

  constructor(reason: ScanReason, message: string, offset: number) {
    super(`${message} (byte ${offset})`)
    this.name = 'ScanError'
    this.reason = reason
    this.offset = offset
  }
}
