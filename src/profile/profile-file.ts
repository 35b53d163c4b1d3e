import { StixTaxiiError } from '../core/errors.ts'
import { issueWords } from '../core/issue-words.ts'
import { jsonFaultOffset, positionAt } from './json-fault.ts'
import type { TextPosition } from './json-fault.ts'
import { checkProfileName } from './names.ts'
import type { ProfileFile } from './schema.ts'
import { directorProfileSchema, profileFileSchema, profileFileVersion, taxiiProfileSchema } from './schema.ts'

/** What a file that does not exist holds. */
export const emptyProfileFile: ProfileFile = { version: profileFileVersion, defaults: {}, profiles: [] }

/**
 * Reads the text of the profile file. Nothing in it is repaired or dropped: a file that cannot be read whole is not
 * written again either.
 * @throws PROFILE_FILE_DAMAGED (config) with line and column, PROFILE_FILE_NEWER (config).
 */
export async function parseProfileFile(path: string, text: string | undefined): Promise<ProfileFile> {
  if (text === undefined) return emptyProfileFile
  const value = parseOwnJson(path, text)
  refuseNewer(path, value)
  const read = profileFileSchema.safeParse(value)
  if (!read.success) {
    const issue = firstIssue(value, read.error.issues[0])
    throw await damagedAt(path, text, issue.path, issue.message)
  }
  await refuseDoubles(path, text, read.data)
  return read.data
}

/**
 * Reads JSON of our own; the error names line and column and never quotes the text.
 * @throws PROFILE_FILE_DAMAGED (config)
 */
export function parseOwnJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    const offset = jsonFaultOffset(text)
    const what = offset >= text.length ? 'the file ends too early' : 'this character cannot stand here'
    throw damaged(path, positionAt(text, offset), what)
  }
}

function refuseNewer(path: string, value: unknown): void {
  const version = (value as { version?: unknown } | null)?.version
  if (typeof version !== 'number' || version <= profileFileVersion) return
  throw new StixTaxiiError('PROFILE_FILE_NEWER', `${path} was written by a newer stixtaxii (format ${version})`, {
    kind: 'config',
    hint: `This program reads format ${profileFileVersion} and leaves the file as it is. Use the newer program, or another STIXTAXII_CONFIG_DIR.`,
    context: { path, version },
  })
}

/**
 * The first fault in a value with `profiles`. A union's own issue says only that neither kind fits; what is wrong is in the
 * schema of the kind the profile claims.
 */
export function firstIssue(value: unknown, issue: Issue | undefined): Issue {
  if (issue?.path[0] === 'profiles' && typeof issue.path[1] === 'number' && issue.path.length === 2) {
    const profile = (value as { profiles: readonly unknown[] }).profiles[issue.path[1]]
    const kind = (profile as { kind?: unknown } | null)?.kind
    if (kind !== 'taxii' && kind !== 'director')
      return { path: issue.path, message: '"kind" must be taxii or director' }
    const inner = (kind === 'taxii' ? taxiiProfileSchema : directorProfileSchema).safeParse(profile).error?.issues[0]
    if (inner) return { path: [...issue.path, ...inner.path], message: issueWords(inner, profile, inner.message) }
  }
  return { path: issue?.path ?? [], message: issueWords(issue, value, 'not a profile file') }
}

/** What is wrong, and the way to it from the top of the document. */
export interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

async function refuseDoubles(path: string, text: string, file: ProfileFile): Promise<void> {
  const names = new Set<string>()
  const ids = new Set<string>()
  for (const [index, profile] of file.profiles.entries()) {
    try {
      checkProfileName(profile.name)
    } catch (error) {
      throw await damagedAt(path, text, ['profiles', index, 'name'], (error as Error).message)
    }
    const name = profile.name.toLowerCase()
    if (names.has(name)) throw await damagedAt(path, text, ['profiles', index, 'name'], 'this name stands twice')
    if (ids.has(profile.id)) throw await damagedAt(path, text, ['profiles', index, 'id'], 'this id stands twice')
    names.add(name)
    ids.add(profile.id)
  }
}

async function damagedAt(
  path: string,
  text: string,
  where: readonly PropertyKey[],
  what: string,
): Promise<StixTaxiiError> {
  const place = where.map(String).join('.')
  return damaged(path, await positionOf(text, where), place === '' ? what : `${place}: ${what}`)
}

/** Where in a JSON or YAML text something stands; what is missing is looked for at the object it is missing from. */
export async function positionOf(text: string, where: readonly PropertyKey[]): Promise<TextPosition> {
  const { parseDocument, isNode } = await import('yaml')
  const document = parseDocument(text)
  for (let length = where.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(where.slice(0, length), true)
    if (isNode(node) && node.range) return positionAt(text, node.range[0])
  }
  return { line: 1, column: 1 }
}

function damaged(path: string, { line, column }: { line: number; column: number }, what: string): StixTaxiiError {
  return new StixTaxiiError('PROFILE_FILE_DAMAGED', `${path}:${line}:${column}: ${what}`, {
    kind: 'config',
    hint: `Correct that line; the version before is in ${path}.bak. Nothing was changed.`,
    context: { path, line, column },
  })
}
