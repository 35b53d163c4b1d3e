/**
 * A text as one segment of a path or one value of a query. Half of a character, which servers may write in JSON and no address
 * can carry, goes as the replacement character (`encodeURIComponent` throws).
 */
export function percentEncoded(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString())
}
