import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { StixTaxiiError } from '../core/errors.ts'
import { whyOf } from '../core/system-fault.ts'
import type { Directory } from '../director/directory.ts'
import { identifierPattern } from '../director/assumptions.ts'
import type { TextPosition } from '../profile/json-fault.ts'
import { parseWritten } from '../profile/written-file.ts'
import { directoryNamePattern } from './director-pairs.ts'

const identifier = z.string().regex(identifierPattern, 'must be an identifier: 8 to 64 letters, digits, dashes')
const name = z.string().regex(directoryNamePattern, 'must be a name without blanks, slashes, commas and wildcards')

const schema = z.strictObject({
  pools: z.record(name, z.strictObject({ uuid: identifier, logpoints: z.record(name, identifier).optional() })),
  groups: z.record(name, z.array(z.string().min(1))).optional(),
})

/** Writes a directory as YAML: pools with their UUID and their Logpoints, then groups. */
export async function writeDirectory({ pools, logpoints, groups }: Directory): Promise<string> {
  const { stringify } = await import('yaml')
  const byPool = Object.entries(pools).map(([pool, uuid]) => {
    const own = Object.entries(logpoints).filter(([path]) => path.startsWith(`${pool}/`))
    const named = own.map(([path, id]) => [path.slice(pool.length + 1), id])
    return [pool, { uuid, logpoints: Object.fromEntries(named) as Record<string, string> }]
  })
  return stringify({ pools: Object.fromEntries(byPool) as object, groups })
}

/**
 * Reads what `writeDirectory` wrote, or someone by hand. `file` is for messages.
 * @throws DIRECTOR_DIRECTORY_INVALID (config) with line and column.
 */
export async function parseDirectory(text: string, file: string): Promise<Directory> {
  const invalidAt = (at: TextPosition, what: string) => invalid(file, at, what)
  const read = await parseWritten(text, { schema, scalars: 'failsafe', invalid: invalidAt })
  const pools = Object.entries(read.pools)
  return {
    pools: Object.fromEntries(pools.map(([pool, { uuid }]) => [pool, uuid])),
    logpoints: Object.fromEntries(
      pools.flatMap(([pool, { logpoints = {} }]) =>
        Object.entries(logpoints).map(([logpoint, id]) => [`${pool}/${logpoint}`, id]),
      ),
    ),
    groups: read.groups ?? {},
  }
}

/** `parseDirectory` of a file. @throws DIRECTOR_DIRECTORY_UNREADABLE (not-found, local) too. */
export async function readDirectoryFile(path: string): Promise<Directory> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new StixTaxiiError('DIRECTOR_DIRECTORY_UNREADABLE', `${path} cannot be read: ${whyOf(error)}`, {
      kind: code === 'ENOENT' ? 'not-found' : 'local',
      hint: 'Name a file that `stixtaxii director directory export` wrote.',
      context: { path },
      cause: error,
    })
  }
  return parseDirectory(text, path)
}

function invalid(file: string, { line, column }: { line: number; column: number }, what: string): StixTaxiiError {
  return new StixTaxiiError('DIRECTOR_DIRECTORY_INVALID', `${file}:${line}:${column}: ${what}`, {
    kind: 'config',
    hint: '`stixtaxii director directory export` shows what such a file looks like.',
    context: { file, line, column },
  })
}
