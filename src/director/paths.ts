import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'
import { defaultApiPrefix, identifierPattern, monitorPrefix, reservedWords, uploadNamePattern } from './assumptions.ts'
import { endpoints, endpointNames, type Endpoint, type EndpointName, type SegmentsOf } from './endpoints.ts'

/**
 * The path of a call, beginning with a slash. A segment that is empty or odd would turn one call into another (deleting an
 * enrichment source into trashing everybody's certificate), so none is let through: no `.`, `..`, slash, backslash, `?`,
 * `#`, `%`, control character, blank at an end, and no word that is itself part of a path; pools and Logpoints are
 * identifiers. The rest is percent-encoded.
 *
 * @throws DIRECTOR_PATH_SEGMENT (usage), DIRECTOR_IDENTIFIER (usage), DIRECTOR_API_PREFIX (config)
 * @see API reference, "Dangerous neighbours"
 */
export function pathOf<Name extends EndpointName>(
  name: Name,
  segments: SegmentsOf<Name>,
  apiPrefix: string = defaultApiPrefix,
): string {
  const { api, path }: Endpoint = endpoints[name]
  const given = segments as Readonly<Record<string, string>>
  const parts = path.split('/').map((part) => (isNamed(part) ? encoded(nameOf(part), given[nameOf(part)]) : part))
  return `/${[api === 'config' ? checkPrefix(apiPrefix) : monitorPrefix, ...parts].join('/')}`
}

/** A call that a path stands for, with its decoded segments; undefined when it is none of ours. Literal parts go first. */
export function callOf(
  method: string,
  path: string,
  apiPrefix: string = defaultApiPrefix,
): { readonly name: EndpointName; readonly segments: Readonly<Record<string, string>> } | undefined {
  const fits = endpointNames
    .map((name) => ({ name, segments: segmentsIn(endpoints[name], method, path, apiPrefix) }))
    .filter((fit): fit is typeof fit & { segments: Record<string, string> } => fit.segments !== undefined)
  return fits.sort((a, b) => Object.keys(a.segments).length - Object.keys(b.segments).length)[0]
}

/** @throws DIRECTOR_API_PREFIX (config) */
export function checkPrefix(prefix: string): string {
  if (/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)*$/.test(prefix)) return prefix
  throw new StixTaxiiError('DIRECTOR_API_PREFIX', `"${printable(prefix)}" is no prefix of an API`, {
    kind: 'config',
    hint: `Write its segments without slashes at the ends: ${defaultApiPrefix} or ${defaultApiPrefix}/v1`,
    context: { apiPrefix: printable(prefix) },
  })
}

function segmentsIn(
  endpoint: Endpoint,
  method: string,
  path: string,
  apiPrefix: string,
): Record<string, string> | undefined {
  if (endpoint.method !== method) return undefined
  const prefix = endpoint.api === 'config' ? apiPrefix : monitorPrefix
  const wanted = `/${prefix}/${endpoint.path}`.split('/')
  const found = path.split('/')
  if (wanted.length !== found.length) return undefined
  const segments: Record<string, string> = {}
  for (const [at, part] of wanted.entries()) {
    const here = found[at] ?? ''
    if (isNamed(part) && here !== '') segments[nameOf(part)] = decodeURIComponent(here)
    else if (part !== here) return undefined
  }
  return segments
}

function isNamed(part: string): boolean {
  return part.startsWith('{')
}

function nameOf(part: string): string {
  return part.slice(1, -1)
}

const whatIs: Readonly<Record<string, string>> = {
  pool: 'The pool UUID',
  logpoint: 'The Logpoint identifier',
  file: 'The file name',
  id: 'The id',
}

// \p{Cs}: half of a character, which no address can carry.
const odd = /[/\\?#%\u0000-\u001f\u007f-\u009f\p{Cs}]|^\s|\s$|^\.{1,2}$|^$/u

function encoded(name: string, value: string | undefined): string {
  const text = value ?? ''
  if (name === 'pool' || name === 'logpoint') checkIdentifier(name, text)
  if (odd.test(text)) throw oddSegment(name, text, 'cannot stand in the address of a call')
  if (reservedWords.has(text.toLowerCase())) throw oddSegment(name, text, 'is itself a word of the API')
  return encodeURIComponent(text)
}

function checkIdentifier(name: 'pool' | 'logpoint', text: string): void {
  if (identifierPattern.test(text)) return
  throw new StixTaxiiError('DIRECTOR_IDENTIFIER', `${whatIs[name]} "${printable(text)}" is no identifier`, {
    kind: 'usage',
    hint: 'Identifiers have 8 to 64 letters, digits, - or _. They stand in the Search Master under Settings, Configuration, LogPoint Pool.',
    context: { [name]: printable(text) },
  })
}

function oddSegment(name: string, text: string, why: string): StixTaxiiError {
  return new StixTaxiiError('DIRECTOR_PATH_SEGMENT', `${whatIs[name] ?? name} "${printable(text)}" ${why}`, {
    kind: 'usage',
    hint: 'An address with it would mean another call, perhaps one that deletes, so nothing was sent. Check the name.',
    context: { [name]: printable(text) },
  })
}

/**
 * Checks the name of a file to upload or install: what a path, a header and the head of a form's part carry unchanged.
 * @throws DIRECTOR_FILE_NAME (usage), DIRECTOR_PATH_SEGMENT (usage)
 */
export function checkFileName(name: string): void {
  encoded('file', name)
  if (uploadNamePattern.test(name)) return
  throw new StixTaxiiError('DIRECTOR_FILE_NAME', `A file called "${printable(name)}" cannot be uploaded`, {
    kind: 'usage',
    hint: 'Give it a name of plain letters, digits, dots, - and _: it has to go into a header unchanged.',
    context: { file: printable(name) },
  })
}
