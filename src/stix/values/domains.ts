import { domainToASCII } from 'node:url'

const plain = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/
const numericEnd = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/

/**
 * A host name in lower-case ASCII without a trailing dot; undefined when it is none. International names become their
 * `xn--` form, labels may have underscores, a single label is a name. No wildcards, and nothing that ends in a number: that
 * would be an address.
 * @see RFC 1123, 2.1; UTS 46 (as the WHATWG URL Standard uses it)
 */
export function normaliseDomain(text: string): string | undefined {
  if (text.length > 1024) return undefined
  const ascii = isAscii(text) ? text : domainToASCII(text)
  const lower = ascii.toLowerCase()
  const name = lower.endsWith('.') ? lower.slice(0, -1) : lower
  return plain.test(name) && !numericEnd.test(name) ? name : undefined
}

function isAscii(text: string): boolean {
  return !/[^\u0000-\u007f]/.test(text)
}
