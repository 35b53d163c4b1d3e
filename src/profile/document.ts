import { readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'
import { withLock } from './lock.ts'
import type { ProcessTable } from './lock.ts'
import { makeOwnFolder, readOwnFile, syncFolder, unusable, writeOwnFile } from './own-files.ts'

export interface DocumentOptions {
  /** Absolute. */
  readonly directory: string
  /** The file's name without `.json`. */
  readonly name: string
  readonly clock: Clock
  readonly processes: ProcessTable
  /** Keep the version before as `.bak`. Not for secrets: a removed one would live on there. */
  readonly backup: boolean
}

/** One JSON file of our own that several processes read and write. */
export interface OwnDocument {
  readonly path: string
  /** The text as it stands, without BOM; undefined when there is no file. Needs no lock: writers replace the file whole. */
  read(): Promise<string | undefined>
  /**
   * Reads, changes and writes as one step among all processes. `change` gets the text as it stands and gives the whole new
   * content, or undefined to leave all as it is. What it throws leaves the file untouched.
   */
  update(
    change: (
      text: string | undefined,
    ) => Promise<Record<string, unknown> | undefined> | Record<string, unknown> | undefined,
  ): Promise<void>
}

/** How a document of ours stands in its file. */
export function serializeOwn(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

/** A document over conf, which knows how to write atomically; locking, modes, checks and the backup are ours. */
export function openDocument(options: DocumentOptions): OwnDocument {
  const path = join(options.directory, `${options.name}.json`)
  const lock = join(options.directory, `.${options.name}.lock`)
  const read = (): Promise<string | undefined> => readOwnFile(path, options.processes)
  return {
    path,
    read,
    async update(change) {
      await makeOwnFolder(options.directory, options.processes)
      try {
        await withLock(lock, options, async () => {
          await removeDrafts(options)
          const before = await read()
          const after = await change(before)
          if (after === undefined) return
          if (options.backup && before !== undefined) await writeOwnFile(`${path}.bak`, before)
          await write(path, after, before, options)
        })
      } catch (error) {
        throw unusable(path, error)
      }
    },
  }
}

/** Drafts that a killed writer left. Nobody else can be writing one: the lock is ours. They may hold secrets. */
async function removeDrafts({ directory, name }: DocumentOptions): Promise<void> {
  const isDraft = (file: string): boolean => file.startsWith(`${name}.json.`) && file !== `${name}.json.bak`
  for (const file of await readdir(directory)) if (isDraft(file)) await unlink(join(directory, file))
}

async function write(
  path: string,
  after: Record<string, unknown>,
  before: string | undefined,
  { directory, name, processes }: DocumentOptions,
): Promise<void> {
  const { default: Conf } = await import('conf')
  const conf = new Conf<Record<string, unknown>>({
    cwd: directory,
    configName: name,
    projectName: 'stixtaxii',
    projectSuffix: '',
    configFileMode: 0o600,
    accessPropertiesByDotNotation: false,
    clearInvalidConfig: false,
    // What was there has been judged by the caller; conf only keeps its own internals from it, and there are none.
    deserialize: () => ({}),
    serialize: serializeOwn,
  })
  conf.store = after
  await syncFolder(directory)
  // A disk that fills up in the middle lets the one write come back short without an error, so look.
  if ((await readOwnFile(path, processes)) === serializeOwn(after)) return
  if (before !== undefined) await writeOwnFile(path, before)
  throw new StixTaxiiError('PROFILE_WRITE_FAILED', `${path} did not keep what was written to it`, {
    kind: 'local',
    hint: 'The version before was put back. Make room on the disk and try again.',
    context: { path },
  })
}
