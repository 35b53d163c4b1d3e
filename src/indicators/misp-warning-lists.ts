import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { RE2JS } from 're2js'
import { StixTaxiiError } from '../core/errors.ts'
import type { NoticeSink } from '../core/notice.ts'
import { printable } from '../core/printable.ts'
import { valueKinds, type Value, type ValueKind } from '../stix/statement.ts'
import { normaliseAddress } from '../stix/values/addresses.ts'
import { normaliseDomain } from '../stix/values/domains.ts'
import { normaliseValue } from '../stix/values/normalise.ts'
import { hostOf, newHosts, newRanges, type ValueList } from './value-list.ts'

/** What a file of a MISP warning list holds. */
interface WarningListFile {
  readonly name: string
  readonly type: string
  readonly list: readonly string[]
  /** Types of MISP attributes it is about; empty: all. */
  readonly attributes: readonly string[]
}

const mostFiles = 2000

/**
 * Reads a folder of MISP warning lists: the `.json` files in it and each `list.json` in the folders of it; of the project's
 * repository, which keeps such folders in `lists`, only those. List types string, substring, hostname, cidr and regex (run in linear time; expressions that look
 * around or refer back are left out, and said).
 *
 * @throws INDICATORS_WARNING_LIST (config) naming the file that is no warning list, or when the folder cannot be read.
 */
export async function loadWarningLists(folder: string, notices: NoticeSink): Promise<readonly ValueList[]> {
  const files = await filesIn(folder)
  const lists: ValueList[] = []
  for (const file of files) {
    const found = parseWarningList(file, await textOf(file))
    lists.push(
      warningList(found, (message) =>
        notices({ code: 'INDICATORS_WARNING_LIST_PART', message: `${file}: ${message}` }),
      ),
    )
  }
  return lists
}

async function filesIn(given: string): Promise<readonly string[]> {
  try {
    const folder = await withListsOf(given)
    const entries = await readdir(folder, { withFileTypes: true })
    const own = entries.filter((entry) => entry.name.endsWith('.json') && !entry.isDirectory())
    const below = await Promise.all(
      entries
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
        .map(async ({ name }) =>
          (await readdir(path.join(folder, name))).includes('list.json') ? [path.join(name, 'list.json')] : [],
        ),
    )
    const files = [...own.map(({ name }) => name), ...below.flat()].sort().map((name) => path.join(folder, name))
    if (files.length === 0) throw new Error('it has no .json files')
    if (files.length > mostFiles) throw new Error(`it has more than ${mostFiles} files`)
    return files
  } catch (cause) {
    throw unusable(given, (cause as Error).message, cause)
  }
}

/** The repository's own `lists` where the folder is the repository: its other JSON files are no lists. */
async function withListsOf(folder: string): Promise<string> {
  const lists = path.join(folder, 'lists')
  const entries = await readdir(lists, { withFileTypes: true }).catch(() => [])
  return entries.some((entry) => entry.isDirectory()) ? lists : folder
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw unusable(file, (cause as Error).message, cause)
  }
}

/** @throws INDICATORS_WARNING_LIST (config) when it is none. */
export function parseWarningList(file: string, text: string): WarningListFile {
  let found: unknown
  try {
    found = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (cause) {
    throw unusable(file, 'it is not JSON', cause)
  }
  if (typeof found !== 'object' || found === null) throw unusable(file, 'it is no object')
  const { name, type = 'string', list, matching_attributes: attributes = [] } = found as Record<string, unknown>
  const isTexts = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((one) => typeof one === 'string')
  if (!isTexts(list)) throw unusable(file, '"list" is no list of texts')
  if (typeof type !== 'string' || !Object.hasOwn(makers, type))
    throw unusable(file, `its type is ${JSON.stringify(type)}`)
  return {
    name: typeof name === 'string' && name !== '' ? name : path.basename(file, '.json'),
    type,
    list,
    attributes: isTexts(attributes) ? attributes : [],
  }
}

type Find = (value: Value) => string | undefined
type Maker = (entries: readonly string[], note: (message: string) => void) => Find

const makers: Readonly<Record<string, Maker>> = {
  string: exactly,
  substring: containing,
  hostname: atHost,
  cidr: within,
  regex: matching,
}

/** A list ready to be asked. `note` is told of each entry that cannot be used. */
export function warningList(
  { name, type, list, attributes }: WarningListFile,
  note: (message: string) => void,
): ValueList {
  const find = (makers[type] as Maker)(list, note)
  const kinds = kindsOf(attributes)
  return { name, find: (value) => (kinds.has(value.kind) ? find(value) : undefined) }
}

function exactly(entries: readonly string[]): Find {
  // Spelled in any way: as it is, and in the normal form of the kind that is asked for.
  const known = new Map(entries.map((entry) => [entry.trim().toLowerCase(), entry]))
  const byKind = new Map<ValueKind, Map<string, string>>()
  const normal = (kind: ValueKind) => {
    const made =
      byKind.get(kind) ??
      new Map(
        entries
          .flatMap((entry) => [[normaliseValue(kind, entry)?.value ?? '', entry] as const])
          .filter(([value]) => value !== ''),
      )
    byKind.set(kind, made)
    return made
  }
  return ({ kind, value }) => known.get(value.toLowerCase()) ?? normal(kind).get(value)
}

function containing(entries: readonly string[]): Find {
  const parts = entries.flatMap((entry) => (entry.trim() === '' ? [] : [[entry.trim().toLowerCase(), entry] as const]))
  return ({ value }) => {
    const text = value.toLowerCase()
    return parts.find(([part]) => text.includes(part))?.[1]
  }
}

function atHost(entries: readonly string[], note: (message: string) => void): Find {
  const hosts = newHosts()
  for (const entry of entries) {
    const name = normaliseDomain(entry.trim().replace(/^\*?\./, ''))
    if (name === undefined) note(`"${printable(entry, { maxLength: 100 })}" is no host name and is left out`)
    else hosts.add(name, entry, true)
  }
  return (value) => {
    const host = hostOf(value)
    return host?.kind === 'domain' ? hosts.find(host.value) : undefined
  }
}

function within(entries: readonly string[], note: (message: string) => void): Find {
  const ranges = newRanges()
  for (const entry of entries) {
    const range = normaliseAddress(entry.trim())
    if (range) ranges.add(range, entry)
    else note(`"${printable(entry, { maxLength: 100 })}" is no network and is left out`)
  }
  return (value) => {
    const host = hostOf(value)
    return host && ranges.find(host)
  }
}

function matching(entries: readonly string[], note: (message: string) => void): Find {
  const expressions = entries.flatMap((entry) => {
    const written = /^\/(.*)\/([a-z]*)$/s.exec(entry.trim())
    const flags = (written?.[2] ?? '').includes('i') ? RE2JS.CASE_INSENSITIVE : 0
    try {
      return [[RE2JS.compile(written?.[1] ?? entry, flags), entry] as const]
    } catch {
      note(`the expression "${printable(entry, { maxLength: 100 })}" cannot be run in linear time and is left out`)
      return []
    }
  })
  return ({ value }) => expressions.find(([expression]) => expression.matcher(value).find())?.[1]
}

const kindsOfAttribute: readonly (readonly [RegExp, readonly ValueKind[]])[] = [
  [/^ip-|\bip\b/, ['ipv4', 'ipv6']],
  [/domain|hostname/, ['domain']],
  [/^ur[il]$|^link$/, ['url']],
  [/email|^whois-registrant-email$/, ['email']],
  [/md5/, ['md5']],
  [/sha1/, ['sha1']],
  [/sha224/, ['sha224']],
  [/sha256/, ['sha256']],
  [/sha384/, ['sha384']],
  [/sha512/, ['sha512']],
  [/sha3-256/, ['sha3-256']],
  [/sha3-512/, ['sha3-512']],
  [/ssdeep/, ['ssdeep']],
  [/tlsh/, ['tlsh']],
  [/^filename/, ['file-name', 'file-path']],
  [/^process/, ['process']],
  [/^regkey/, ['registry-key']],
  [/^mutex/, ['mutex']],
  [/^mac/, ['mac']],
  [/^as$/i, ['asn']],
  [/^user-agent$/, ['user-agent']],
  [/^email-subject$/, ['email-subject']],
]

function kindsOf(attributes: readonly string[]): ReadonlySet<ValueKind> {
  if (attributes.length === 0) return new Set(valueKinds)
  return new Set(
    attributes.flatMap((attribute) =>
      kindsOfAttribute.filter(([type]) => type.test(attribute)).flatMap(([, kinds]) => kinds),
    ),
  )
}

function unusable(file: string, why: string, cause?: unknown): StixTaxiiError {
  return new StixTaxiiError('INDICATORS_WARNING_LIST', `${file} cannot be used as warning lists: ${why}`, {
    kind: 'config',
    hint: 'Name a folder of MISP warning lists: JSON files with "name", "type" and "list".',
    context: { path: file },
    cause,
  })
}
