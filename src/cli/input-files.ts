import { createWriteStream } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { StixTaxiiError } from '../core/errors.ts'

/** Endings by which files of a folder are taken; a file that is named is read whatever it is called. */
const endings = /\.(?:json|jsonl|ndjson|xml|stix|stix1|stix2)$/i
const maxDepth = 32

/** What was named, as files: standard input lies in one for as long as it is read. */
export interface InputFiles {
  /** Absolute paths. */
  readonly files: readonly string[]
  /** What a file is told as: its path, `-` for standard input. */
  nameOf(file: string): string
}

/**
 * Files named on the command line: folders are taken with all the STIX files in them, in order of name, hidden ones left out;
 * `-` is standard input, kept in a temporary file until `work` has ended.
 * @throws CLI_FOLDER_EMPTY (not-found); a file that does not exist is left for its reader to say so.
 */
export async function withInputFiles<T>(
  named: readonly string[],
  { stdin, workingDirectory }: { readonly stdin: Readable; readonly workingDirectory: string },
  work: (input: InputFiles) => Promise<T>,
): Promise<T> {
  const isStdin = named.includes('-')
  const folder = isStdin ? await mkdtemp(path.join(tmpdir(), 'stixtaxii-')) : undefined
  const spooled = folder === undefined ? undefined : path.join(folder, 'standard-input')
  try {
    if (spooled !== undefined) await pipeline(stdin, createWriteStream(spooled, { mode: 0o600 }))
    const files: string[] = []
    for (const name of new Set(named)) {
      if (name === '-' && spooled !== undefined) files.push(spooled)
      else files.push(...(await filesAt(path.resolve(workingDirectory, name))))
    }
    return await work({ files, nameOf: (file) => (file === spooled ? '-' : file) })
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
}

async function filesAt(place: string): Promise<readonly string[]> {
  const isFolder = await stat(place).then(
    (there) => there.isDirectory(),
    () => false,
  )
  if (!isFolder) return [place]
  const found = await filesIn(place, 0)
  if (found.length > 0) return found
  throw new StixTaxiiError('CLI_FOLDER_EMPTY', `${place} has no files of STIX`, {
    kind: 'not-found',
    hint: 'Of a folder, files ending in .json, .jsonl, .ndjson, .xml or .stix are read. Name a file that is called otherwise.',
    context: { folder: place },
  })
}

async function filesIn(folder: string, depth: number): Promise<readonly string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'))
  const found: string[] = []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const place = path.join(folder, entry.name)
    if (entry.isDirectory() && depth < maxDepth) found.push(...(await filesIn(place, depth + 1)))
    else if (endings.test(entry.name) && (entry.isFile() || entry.isSymbolicLink())) found.push(place)
  }
  return found
}
