import { lstat, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { StixTaxiiError } from '../core/errors.ts'
import { printable } from '../core/printable.ts'

/** A module that the configuration names, found and judged but not yet run. */
export interface LoadedModule {
  /** Absolute, without links. */
  readonly file: string
  readonly url: string
  readonly exportName: string
  readonly parameters: Readonly<Record<string, unknown>>
}

export interface ModuleRequest {
  /** `./my-persistence.js#exportName`; without `#`, `fallbackExport`. */
  readonly name: string
  readonly fallbackExport: string
  /** The configuration file: paths are relative to its folder. */
  readonly configuration: string
  readonly parameters?: Readonly<Record<string, unknown>> | undefined
  /** The user we run as; undefined where users have no number. */
  readonly uid: number | undefined
}

/**
 * Finds a module of the user's own. It runs with all that we may do, so nobody else may be able to put something in its
 * place: module, configuration file and every folder above them belong to us or to root, and nobody else can write there.
 * @throws SERVE_MODULE_MISSING, SERVE_MODULE_EXPOSED (config)
 */
export async function findModule(request: ModuleRequest): Promise<LoadedModule> {
  const { name, configuration, uid } = request
  const at = name.lastIndexOf('#')
  const [path, exportName] = at < 0 ? [name, request.fallbackExport] : [name.slice(0, at), name.slice(at + 1)]
  const named = isAbsolute(path) ? path : resolve(dirname(resolve(configuration)), path)
  const file = await realFile(named, configuration)
  if (uid !== undefined) {
    const places = [named, file, resolve(configuration), await realFile(resolve(configuration), configuration)]
    const judged = new Set(places.flatMap(withFolders))
    for (const place of judged) await judge(place, { uid, module: named })
  }
  return { file, url: pathToFileURL(file).href, exportName, parameters: request.parameters ?? {} }
}

/**
 * Runs the module and calls its export with its parameters, and what the server has for it.
 * What it gives has to have `methods`, and a way to close it.
 * @throws SERVE_MODULE_FAILED (config)
 */
export async function openModule<Opened>(
  { file, url, exportName, parameters }: LoadedModule,
  parts: unknown,
  methods: readonly string[] = [],
): Promise<Opened> {
  try {
    const loaded = (await import(url)) as Readonly<Record<string, unknown>>
    const open = loaded[exportName]
    if (typeof open !== 'function') throw new TypeError(`it has no function "${exportName}"`)
    const opened = await (open as (parameters: unknown, parts: unknown) => unknown)(parameters, parts)
    const missing = [...methods, Symbol.asyncDispose].filter((name) => !hasMethod(opened, name))
    if (missing.length > 0) throw new TypeError(`what it gives has no ${missing.map(nameOf).join(', ')}`)
    return opened as Opened
  } catch (cause) {
    const why = printable(cause instanceof Error ? cause.message : String(cause), { maxLength: 300 })
    throw new StixTaxiiError('SERVE_MODULE_FAILED', `${file}#${exportName} cannot be opened: ${why}`, {
      kind: 'config',
      hint: 'It is a module of JavaScript whose export is a function (parameters, parts) => persistence. See docs/serve-extending.md.',
      cause,
    })
  }
}

const nameOf = (name: string | symbol): string => (typeof name === 'string' ? name : '[Symbol.asyncDispose]')

function hasMethod(opened: unknown, name: PropertyKey): boolean {
  return typeof (opened as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[name] === 'function'
}

async function realFile(named: string, configuration: string): Promise<string> {
  try {
    return await realpath(named)
  } catch (cause) {
    throw new StixTaxiiError('SERVE_MODULE_MISSING', `There is no ${printable(named, { maxLength: 300 })}`, {
      kind: 'config',
      hint: `Paths are relative to the folder of ${printable(configuration, { maxLength: 300 })}.`,
      cause,
    })
  }
}

/** The file itself and every folder above it. */
function withFolders(file: string): readonly string[] {
  const places = [file]
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    places.push(folder)
    if (folder === dirname(folder)) return places
  }
}

const writableByOthers = 0o022
const sticky = 0o1000

async function judge(place: string, { uid, module }: { readonly uid: number; readonly module: string }): Promise<void> {
  const stat = await lstat(place)
  const exposed = (why: string): StixTaxiiError =>
    new StixTaxiiError('SERVE_MODULE_EXPOSED', `${module} is not run: ${place} ${why}`, {
      kind: 'config',
      hint: 'Whoever can change it could run a program as this user. Run: chmod go-w on it, or move it to a folder of your own.',
      context: { module, place },
    })
  if (stat.uid !== uid && stat.uid !== 0) throw exposed(`belongs to user ${stat.uid}`)
  // A link's own mode says nothing, and in a sticky folder (/tmp) nobody can move what is another's.
  const isShared = stat.isDirectory() && (stat.mode & sticky) !== 0
  if (!stat.isSymbolicLink() && !isShared && (stat.mode & writableByOthers) !== 0)
    throw exposed(`can be written by others (mode ${(stat.mode & 0o7777).toString(8)})`)
}
