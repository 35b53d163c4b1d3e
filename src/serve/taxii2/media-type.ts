export type Taxii2Version = '2.0' | '2.1'

/** What a resource is written as. In 2.0 objects have a media type of their own. */
export type ResourceKind = 'taxii' | 'objects'

/** Content types of answers, as each standard writes them. @see TAXII 2.1, 1.6.8; TAXII 2.0, 1.5 */
export const contentTypes: Readonly<Record<Taxii2Version, Readonly<Record<ResourceKind, string>>>> = {
  '2.1': { taxii: 'application/taxii+json;version=2.1', objects: 'application/taxii+json;version=2.1' },
  '2.0': {
    taxii: 'application/vnd.oasis.taxii+json; version=2.0',
    objects: 'application/vnd.oasis.stix+json; version=2.0',
  },
}

/**
 * The version in which an `Accept` header wants a resource, among those `offered`; undefined: none of them.
 *
 * Spacing, case, order, quotes and further parameters do not matter; the version may be left out. The higher weight
 * wins; then what is named wins over `*`, then `preferred`, then the newer version. No header, or an empty one, takes
 * anything.
 * @see TAXII 2.1, 3.1; RFC 9110, 12.5.1
 */
export function chooseVersion(
  accept: string | undefined,
  kind: ResourceKind,
  offered: readonly Taxii2Version[],
  preferred?: Taxii2Version,
): Taxii2Version | undefined {
  const ranges = readMediaTypes(accept ?? '')
  const anything: readonly MediaType[] = [{ name: '*/*', version: undefined, weight: 1 }]
  const weighed = offered.map((version) => ({
    version,
    ...bestMatch(ranges.length === 0 ? anything : ranges, version, kind),
    isPreferred: version === preferred,
  }))
  const wanted = weighed.filter(({ weight }) => weight > 0)
  wanted.sort(
    (a, b) =>
      b.weight - a.weight ||
      b.precision - a.precision ||
      Number(b.isPreferred) - Number(a.isPreferred) ||
      b.version.localeCompare(a.version),
  )
  return wanted[0]?.version
}

/** The version whose objects a `Content-Type` announces; undefined: neither's. @see TAXII 2.1, 5.5; TAXII 2.0, 5.4 */
export function versionOfContent(contentType: string | undefined): Taxii2Version | undefined {
  const [type, ...others] = readMediaTypes(contentType ?? '')
  if (!type || others.length > 0) return undefined
  return (['2.1', '2.0'] as const).find((version) => precisionOf(type, version, 'objects') === 2)
}

/** Which version's words a client uses, for errors that come before any version was agreed on. */
export function versionSpoken(accept: string | undefined): Taxii2Version {
  const names = readMediaTypes(accept ?? '').map(({ name }) => name)
  return names.some((name) => /^application\/vnd\.oasis\.(taxii|stix)\+json$/.test(name)) ? '2.0' : '2.1'
}

interface MediaType {
  readonly name: string
  readonly version: string | undefined
  readonly weight: number
}

// Of the ranges that fit, the most precise one says the weight: "*/*, application/taxii+json;q=0" refuses 2.1.
function bestMatch(ranges: readonly MediaType[], version: Taxii2Version, kind: ResourceKind) {
  let best = { weight: 0, precision: -1 }
  for (const range of ranges) {
    const precision = precisionOf(range, version, kind)
    if (precision < 0) continue
    if (precision > best.precision || (precision === best.precision && range.weight > best.weight))
      best = { weight: range.weight, precision }
  }
  return best
}

/** 2: named; 1: `application/*`; 0: anything; -1: something else. */
function precisionOf(range: MediaType, version: Taxii2Version, kind: ResourceKind): -1 | 0 | 1 | 2 {
  if (range.name === '*/*' || range.name === '*') return 0
  if (range.name === 'application/*') return 1
  const [name] = contentTypes[version][kind].split(';')
  return range.name === name && (range.version ?? version) === version ? 2 : -1
}

function readMediaTypes(header: string): MediaType[] {
  return splitOutside(header, ',').flatMap((text) => {
    const [first = '', ...rest] = splitOutside(text, ';')
      .map((part) => part.trim())
      .filter((part) => part !== '')
    if (first === '') return []
    const parameters = new Map(rest.map(readParameter))
    return [{ name: first.toLowerCase(), version: parameters.get('version'), weight: weightOf(parameters.get('q')) }]
  })
}

/** The parts between separators that are in no quoted string; one look at each character, since anybody sends headers. */
function splitOutside(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = []
  let isQuoted = false
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') isQuoted = !isQuoted
    else if (isQuoted && character === '\\') at++
    else if (!isQuoted && character === separator) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, text.slice(from)]
}

function readParameter(text: string): [name: string, value: string] {
  const [name = '', ...value] = text.split('=')
  return [name.trim().toLowerCase(), value.join('=').trim().replaceAll(/^"|"$/g, '')]
}

// A weight that is none is no reason to refuse: it counts as left out.
function weightOf(text: string | undefined): number {
  const weight = text === undefined || text === '' ? 1 : Number(text)
  return weight >= 0 && weight <= 1 ? weight : 1
}
