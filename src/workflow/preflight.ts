import { readFile } from 'node:fs/promises'
import { StixTaxiiError } from '../core/errors.ts'
import type { ErrorKind } from '../core/errors.ts'
import { whyOf } from '../core/system-fault.ts'
import type { Credentials, TaxiiProfile } from '../profile/profile.ts'
import type { TaxiiVersion } from '../taxii/client.ts'
import { pluginDefinitionOf } from './plugin-definition.ts'
import type { PluginLack } from './plugin-definition.ts'
import { fetchAsPlugin } from './plugin-fetch.ts'
import type { PluginFetchDependencies, PluginFetchResult, PluginFiles } from './plugin-fetch.ts'

/** A client that our own definition opens: for telling "the plugin cannot" from "nobody can". */
interface WholeConnection extends AsyncDisposable {
  readonly client: {
    collections(root?: string, signal?: AbortSignal): Promise<readonly { readonly canRead: boolean }[]>
  }
}

export interface PreflightDependencies extends PluginFetchDependencies {
  readonly credentials: Pick<Credentials, 'resolve'>
  readonly connect: (profile: TaxiiProfile, signal: AbortSignal) => Promise<WholeConnection>
  readonly stixVersionRaw?: string | undefined
}

/** What came of trying a definition with just the fields that the plugin has. */
export interface PreflightReport {
  readonly source: string
  readonly url: string
  /** Whether the plugin would get something. */
  readonly works: boolean
  readonly version: TaxiiVersion | null
  readonly collections: PluginFetchResult['collections']
  /** Objects (2.x) or content blocks (1.x) that came. */
  readonly objects: number
  /** Reading was stopped at its limit: there may be more. */
  readonly atLeast: boolean
  /** What the definition has and the plugin has not. */
  readonly lacks: readonly PluginLack[]
  /** Whether this program can read it with the whole definition, so that it can be fetched with that. */
  readonly canBridge: boolean
  readonly error: {
    readonly code: string
    readonly kind: ErrorKind
    readonly message: string
    readonly hint: string | null
  } | null
}

/** Objects that are enough to say that it works. */
export const preflightLimit = 1000

/**
 * Tries whether a definition will work in a Logpoint: reduces it to the plugin's fields and really fetches with them. When
 * that fails, the whole definition is tried, so that it can be said whether this program can fetch it.
 * @throws what the definition itself is wrong in (usage, config), and CORE_CANCELLED; a fetch that fails is in the report.
 */
export async function preflight(
  profile: TaxiiProfile,
  dependencies: PreflightDependencies,
  { signal, limit = preflightLimit }: { readonly signal: AbortSignal; readonly limit?: number | undefined },
): Promise<PreflightReport> {
  const { source, lacks } = await pluginDefinitionOf(profile, dependencies)
  const known = { source: profile.name, url: profile.url, lacks }
  try {
    const files = source.certificate.use ? await filesOf(profile) : undefined
    const { version, collections, received, isCut } = await fetchAsPlugin(
      { source, files, limit },
      dependencies,
      signal,
    )
    const got = { version, collections, objects: received, atLeast: isCut }
    return { ...known, works: true, ...got, canBridge: true, error: null }
  } catch (error) {
    if (!(error instanceof StixTaxiiError) || error.kind === 'cancelled' || error.kind === 'internal') throw error
    const { code, kind, message, hint = null } = error
    const got = { version: null, collections: [], objects: 0, atLeast: false }
    const canBridge = await canRead(profile, dependencies, signal)
    return { ...known, works: false, ...got, canBridge, error: { code, kind, message, hint } }
  }
}

/** The fault a preflight ends in; undefined when the plugin would get something. */
export function failureOfPreflight(report: PreflightReport): StixTaxiiError | undefined {
  const { error, source, lacks, canBridge } = report
  if (error === null) return undefined
  const needed = lacks.filter(({ isNeeded }) => isNeeded).map(({ message }) => message)
  const why = canBridge && needed.length > 0 ? `: ${needed.join('; ')}` : ` (${error.message})`
  return new StixTaxiiError('WORKFLOW_PREFLIGHT_FAILED', `The plugin cannot fetch "${source}"${why}`, {
    kind: error.kind,
    hint: canBridge
      ? `This program can. Let it come by us: stixtaxii bridge ${source} --on POOL/LOGPOINT --public-url https://HOST:PORT/`
      : (error.hint ?? 'Nor can this program: mend the definition first.'),
    context: { source, cause: error.code, canBridge },
  })
}

async function filesOf({ certificate }: TaxiiProfile): Promise<PluginFiles | undefined> {
  if (certificate?.key === undefined) return undefined
  return { certificate: await readPart(certificate.certificate), key: await readPart(certificate.key) }
}

async function readPart(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new StixTaxiiError('WORKFLOW_FILE_UNREADABLE', `${path} cannot be read: ${whyOf(error)}`, {
      kind: code === 'ENOENT' ? 'not-found' : 'local',
      hint: 'Check the name of the file that the definition has, and who may read it.',
      context: { path },
      cause: error,
    })
  }
}

async function canRead(
  profile: TaxiiProfile,
  { connect }: PreflightDependencies,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await using connection = await connect(profile, signal)
    return (await connection.client.collections(undefined, signal)).some((collection) => collection.canRead)
  } catch (error) {
    if (signal.aborted) throw error
    return false
  }
}
