import { normaliseAddress } from './addresses.ts'
import { normaliseDomain } from './domains.ts'

/**
 * An e-mail address in lower case, its domain as `normaliseDomain` has it (or an address in brackets); undefined when it is
 * none. The part before the @ is lower-cased too: no provider in use tells case apart. Of `Ann <ann@a.example>` the
 * address counts.
 */
export function normaliseEmail(text: string): string | undefined {
  const bare = inAngles(text) ?? text.replace(/^mailto:/i, '')
  const at = bare.lastIndexOf('@')
  const local = bare.slice(0, Math.max(at, 0)).normalize('NFC').toLowerCase().normalize('NFC')
  if (local === '' || local.length > 128 || !/^(?:[^\s"<>@,;:\\()[\]]+|"[^"\\\r\n]+")$/.test(local)) return undefined
  const host = bare.slice(at + 1)
  const literal = /^\[(?:IPv6:)?([0-9a-f:.]+)\]$/i.exec(host)?.[1]
  const domain = literal === undefined ? normaliseDomain(host) : bracketed(literal)
  return domain === undefined ? undefined : `${local}@${domain}`
}

/** What stands in angle brackets at the end of a text. */
function inAngles(text: string): string | undefined {
  const end = text.trimEnd()
  const inner = end.endsWith('>') ? end.slice(end.lastIndexOf('<', end.length - 2) + 1, -1) : ''
  return inner.length < end.length - 1 && /^[^<>\s]+$/.test(inner) && inner.includes('@') ? inner : undefined
}

function bracketed(literal: string): string | undefined {
  const address = normaliseAddress(literal)
  return address && `[${address.value}]`
}

/** A hardware address of 6 or 8 bytes as lower-case hex with colons; undefined when it is none. */
export function normaliseMac(text: string): string | undefined {
  const isOne = /^(?:[0-9a-f]{2}([:-]?)(?:[0-9a-f]{2}\1){4,6}[0-9a-f]{2}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2,3})$/i
  const digits = isOne.test(text) ? text.replace(/[^0-9a-f]/gi, '') : ''
  return digits.length === 12 || digits.length === 16 ? digits.toLowerCase().replace(/..(?!$)/g, '$&:') : undefined
}

/** An autonomous system as `AS64496`, from that, the bare number, `ASN64496` or `1.10`; undefined when it is none. */
export function normaliseAsn(text: string): string | undefined {
  const found = /^(?:asn?\s*)?(?:(\d{1,5})\.)?(\d{1,10})$/i.exec(text)
  const [high, low] = [Number(found?.[1] ?? 0), Number(found?.[2] ?? Number.NaN)]
  if (high > 65_535 || (found?.[1] !== undefined && low > 65_535)) return undefined
  const number = high * 65_536 + low
  return number <= 4_294_967_295 ? `AS${number}` : undefined
}

const hives: readonly (readonly [RegExp, string])[] = [
  [/^(?:hklm|hkey_local_machine|registry\\machine)(?=\\|$)/, 'HKEY_LOCAL_MACHINE'],
  [/^(?:hkcu|hkey_current_user)(?=\\|$)/, 'HKEY_CURRENT_USER'],
  [/^(?:hkcr|hkey_classes_root)(?=\\|$)/, 'HKEY_CLASSES_ROOT'],
  [/^(?:hku|hkey_users|registry\\user)(?=\\|$)/, 'HKEY_USERS'],
  [/^(?:hkcc|hkey_current_config)(?=\\|$)/, 'HKEY_CURRENT_CONFIG'],
]

/**
 * A registry key: the hive in full and in capitals, the rest in lower case (Windows does not tell case apart), single
 * backslashes, none at the end. A key without a hive stays without.
 */
export function normaliseRegistryKey(text: string): string | undefined {
  const key = unframed(text.toLowerCase().replace(/\\+/g, '\\'))
  const hive = hives.find(([form]) => form.test(key))
  const full = hive ? key.replace(hive[0], hive[1]) : key
  return full === '' ? undefined : full
}

/** Without the blanks and backslashes around it. */
function unframed(text: string): string {
  let [from, to] = [0, text.length]
  while (from < to && /[\s\\]/.test(text.charAt(from))) from++
  while (from < to && /[\s\\]/.test(text.charAt(to - 1))) to--
  return text.slice(from, to)
}

/** Whether a registry key in normal form begins with a hive. */
export function hasHive(key: string): boolean {
  return key.startsWith('HKEY_')
}

/** A certificate's serial number as lower-case hex digits without separators and leading zeros; undefined when it is none. */
export function normaliseSerial(text: string): string | undefined {
  const digits = text.replace(/^0x/i, '').replace(/[:\s-]/g, '')
  if (!/^[0-9a-f]{1,128}$/i.test(digits)) return undefined
  return digits.toLowerCase().replace(/^0+(?=.)/, '')
}
