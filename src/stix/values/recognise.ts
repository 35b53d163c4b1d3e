import type { Value, ValueKind } from '../statement.ts'
import { normaliseAddress } from './addresses.ts'
import { normaliseDomain } from './domains.ts'
import { hashKindOf, normaliseHash } from './hashes.ts'
import { hasHive } from './names.ts'
import { maxValueLength, normaliseValue } from './normalise.ts'
import { refang } from './refang.ts'
import { urlLookupForms } from './urls.ts'

/**
 * What a pasted text may be, as values in normal form, the likeliest first. Defanged text is understood; nothing for an
 * empty text and for one beyond `maxValueLength`.
 *
 * A URL, an e-mail address, an IP address, a network, a hardware address, `AS64496`, a registry key with its hive and a
 * hash are that only (hex of 64 and 128 digits may be SHA-2 or SHA-3). A URL is given in all its `urlLookupForms`. Host and
 * port are the host. What lists write around values is no part of them: `*.` or a dot before a name, the dot after an address,
 * the name of a hash (`MD5:`, `sha256=`) before it. A dotted name is a domain first, but may be the name of a file or a process; any other text may be
 * whatever has no form of its own.
 */
export function recognise(text: string): readonly Value[] {
  if (text.length > maxValueLength) return []
  const bare = withoutMarks(refang(text))
  if (bare === '') return []
  for (const recognised of recognisers) {
    const values = recognised(bare)
    if (values.length > 0) return values
  }
  return asNames(bare)
}

/** What a text that is none was surely meant to be: four numbers with dots, or hex digits in a number that no hash has. */
export function failedForm(text: string): 'address' | 'hash' | undefined {
  const bare = withoutMarks(refang(text.slice(0, maxValueLength)))
  if (/^\d+(?:\.\d+){3}(?:\/\d+)?$/.test(bare)) return normaliseAddress(bare) ? undefined : 'address'
  const isHex = /^(?=.*\d)(?=.*[a-f])[0-9a-f]{24,}$/i.test(bare)
  return isHex && normaliseHash('md5', bare) === undefined && normaliseHash('tlsh', bare) === undefined
    ? 'hash'
    : undefined
}

function withoutMarks(text: string): string {
  const [, name, digits] = /^([a-z][\w-]{2,8}) ?[:=] ?([0-9a-fA-F]{32,128})$/i.exec(text) ?? []
  if (name !== undefined && digits !== undefined && hashKindOf(name) !== undefined) return digits
  const ended = /^[\d.]+\.$|^\[?[0-9a-f:]*:[0-9a-f:.]*\]?\.$/i.test(text) ? text.slice(0, -1) : text
  const below = /^\*?\.(?=[^.*])(.*)$/.exec(ended)?.[1]
  // A name of a file may begin with a dot: one that has no other is none of a host.
  return below?.includes('.') && normaliseDomain(below) !== undefined ? below : ended
}

type Recogniser = (text: string) => readonly Value[]

const recognisers: readonly Recogniser[] = [asAddress, asHash, asUrl, asEmail, asNumbered, asRegistryKey, asHost]

function asAddress(text: string): readonly Value[] {
  const inBrackets = /^\[([0-9a-fA-F:.%]+)\](?::\d{1,5})?$/.exec(text)?.[1]
  const withPort = /^([\d.]+):\d{1,5}$/.exec(text)?.[1]
  return some(normaliseAddress(inBrackets ?? withPort ?? text))
}

function asHash(text: string): readonly Value[] {
  if (/^[0-9a-fA-F]{32,128}$/.test(text)) {
    const found = kinds(text, ['md5', 'sha3-256', 'sha3-512'])
    if (found.length === 0) return []
    const usual = normaliseValue('sha256', text)
    return distinct([...some(usual), ...found])
  }
  return [...kinds(text, ['tlsh']), ...kinds(text, ['ssdeep'])]
}

function asUrl(text: string): readonly Value[] {
  const hasScheme = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\//.test(text)
  // Without a scheme, a path or a query shows that it is one.
  if (!hasScheme && !/^[^\s/?#@]+[/?]/.test(text)) return []
  const url = normaliseValue('url', text)
  return url ? urlLookupForms(url.value).map((value) => ({ kind: 'url', value })) : []
}

function asEmail(text: string): readonly Value[] {
  return text.includes('@') ? kinds(text, ['email']) : []
}

function asNumbered(text: string): readonly Value[] {
  if (/^asn?\s*\d/i.test(text)) return kinds(text, ['asn'])
  const mac = kinds(text, ['mac'])
  if (mac.length > 0 && !/^[0-9a-f]+$/i.test(text)) return mac
  return /^[0-9a-f]{2}(?::[0-9a-f]{2}){8,}$/i.test(text) ? kinds(text, ['certificate-serial']) : []
}

function asRegistryKey(text: string): readonly Value[] {
  return kinds(text, ['registry-key']).filter(({ value }) => hasHive(value))
}

function asHost(text: string): readonly Value[] {
  const host = text.replace(/:\d{1,5}$/, '')
  const domain = normaliseValue('domain', host)
  if (!domain?.value.includes('.')) return []
  return host === text ? [domain, ...kinds(text, ['file-name', 'process', 'mutex'])] : [domain]
}

function asNames(text: string): readonly Value[] {
  const isPath = /[\\/]/.test(text)
  return [
    ...kinds(text, isPath ? ['file-path', 'file-name'] : ['file-name', 'file-path']),
    ...kinds(text, ['process', 'mutex', ...(text.includes('\\') ? (['registry-key'] as const) : [])]),
    ...kinds(text, ['user-agent', 'email-subject', 'domain', 'mac', 'certificate-serial']),
  ]
}

function kinds(text: string, wanted: readonly ValueKind[]): readonly Value[] {
  return wanted.flatMap((kind) => some(normaliseValue(kind, text)))
}

function some(value: Value | undefined): readonly Value[] {
  return value ? [value] : []
}

function distinct(values: readonly Value[]): readonly Value[] {
  return values.filter((one, index) => values.findIndex((other) => other.kind === one.kind) === index)
}
