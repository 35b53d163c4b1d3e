import path from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import { whyOf } from '../core/system-fault.ts'
import type { Logpoint, Pool, Storage } from '../director/client.ts'
import { checkFileName } from '../director/paths.ts'
import { samePair } from '../director/compare-sources.ts'
import { allLogpoints, resolveLogpoints, type Directory } from '../director/directory.ts'
import { defineSource, faultOfLayer, mergeLayers, type DefinedSource, type SourceLayer } from './definition.ts'
import type { BridgeText, DesiredStateText, SecretText, SourceOverride, SourceText } from './desired-state-schema.ts'
import type { DesiredDocument, Way } from './desired-state.ts'
import { readLocalFile, type LocalFile } from './local-file.ts'
import type { SaidSecret } from './source-record.ts'

/** What is wanted of one source on one Logpoint. */
export interface DesiredSource {
  /** Its name in the file. */
  readonly key: string
  readonly ensure: 'present' | 'absent'
  readonly defined: DefinedSource
}

export interface DesiredPlugin {
  readonly fileName: string
  readonly location: 'private' | 'public'
  readonly version?: string | undefined
  /** Of the package's bytes. */
  readonly sha256: string
}

export interface DesiredLogpoint {
  readonly logpoint: Logpoint
  /** `absent`: whatever is installed is to go. */
  readonly plugin?: DesiredPlugin | 'absent' | undefined
  /** In the order of the file. */
  readonly sources: readonly DesiredSource[]
}

/** A file in one storage. */
export interface DesiredFile {
  readonly kind: 'package' | 'certificate'
  readonly storage: Storage
  readonly name: string
  readonly local: LocalFile
}

/** A desired state, target by target. */
export interface DesiredState {
  readonly fleet: string
  readonly removed: 'delete' | 'keep'
  readonly logpoints: readonly DesiredLogpoint[]
  readonly files: readonly DesiredFile[]
  /** Every Logpoint of the directory, also those the file is not about. */
  readonly known: readonly Logpoint[]
}

export interface ResolveOptions {
  /** Pools, Logpoints and groups where the file has none of its own. */
  readonly directory: Directory
  /** Absolute folder of the file; relative paths in it are relative to that. */
  readonly folder: string
  /** A TAXII profile as a layer. @throws when there is no such profile; the error is told with its line. */
  readonly layerOf: (profile: string) => Promise<SourceLayer>
  /** The same profile as the plugin is told it when its feed comes by us. */
  readonly bridgeOf: (profile: string, bridge: BridgeText) => Promise<SourceLayer>
}

/**
 * Works out what the file means for each of its Logpoints: groups and globs resolved, profiles looked up, overrides laid
 * over, files read.
 * @throws PROVISION_FILE_INVALID (config) with the line
 */
export async function resolveDesired(document: DesiredDocument, options: ResolveOptions): Promise<DesiredState> {
  const { content } = document
  const scope = scopeOf(document, options.directory)
  const files = await readFiles(document, scope, options)
  const layers = await baseLayers(document, options)
  const plugin = pluginOf(content, files)
  const overrides = overridesOf(document, scope, options)
  const logpoints = scope.targets.map((logpoint) => ({
    logpoint,
    plugin,
    sources: sourcesOf(logpoint, { document, scope, layers, overrides }),
  }))
  for (const each of logpoints) refuseSamePair(document, each)
  return {
    fleet: content.name,
    removed: content.removed ?? 'delete',
    logpoints,
    files,
    known: allLogpoints(scope.directory),
  }
}

/** The file's own directory where it has one, else the given one. */
export function directoryOf(content: DesiredStateText, given: Directory): Directory {
  if (content.pools === undefined && content.logpoints === undefined) {
    return { ...given, groups: { ...given.groups, ...content.groups } }
  }
  return { pools: content.pools ?? {}, logpoints: content.logpoints ?? {}, groups: content.groups ?? {} }
}

interface Scope {
  readonly directory: Directory
  readonly targets: readonly Logpoint[]
  /** The Logpoints that words at `way` mean. */
  pick(words: readonly string[], way: Way): readonly Logpoint[]
}

function scopeOf(document: DesiredDocument, given: Directory): Scope {
  const { content } = document
  const directory = directoryOf(content, given)
  for (const name of Object.keys(content.logpoints ?? {})) {
    const [pool = '', ...rest] = name.split('/')
    if (rest.length !== 1) throw document.errorAt(['logpoints', name], 'is no name as pool/logpoint')
    if (Object.hasOwn(directory.pools, pool)) continue
    const near = nearestName(pool, Object.keys(directory.pools))
    throw document.errorAt(['logpoints', name], `is in no known pool`, near && `Did you mean the pool "${near}"?`)
  }
  const pick: Scope['pick'] = (words, way) => {
    try {
      return resolveLogpoints(directory, words)
    } catch (error) {
      if (!(error instanceof StixTaxiiError)) throw error
      throw document.errorAt(way, `: ${error.message}`, error.hint)
    }
  }
  const targets = content.on === undefined ? allLogpoints(directory) : pick(content.on, ['on'])
  refuseTwins(document, directory)
  if (targets.length > 0) return { directory, targets, pick }
  throw document.errorAt(
    [],
    'the file is about no Logpoint',
    'Name them under pools: and logpoints:, or in the profile.',
  )
}

const sameName = 'Director knows files by their names alone: give one of them another name.'

function isSamePlace(a: DesiredFile, b: DesiredFile): boolean {
  const poolOf = ({ storage }: DesiredFile): string => (storage.location === 'public' ? '' : storage.pool.id)
  return a.kind === b.kind && a.name === b.name && poolOf(a) === poolOf(b)
}

/** Said before anything is sent. */
function checkName(name: string, document: DesiredDocument, way: Way): void {
  try {
    checkFileName(name)
  } catch (error) {
    if (!(error instanceof StixTaxiiError)) throw error
    throw document.errorAt([...way, 'file'], `: ${error.message}`, error.hint)
  }
}

/** Two names of one Logpoint would get everything twice. */
function refuseTwins(document: DesiredDocument, directory: Directory): void {
  const names = new Map<string, string>()
  for (const logpoint of allLogpoints(directory)) {
    const key = placeKey(logpoint)
    const twin = names.get(key)
    if (twin === undefined) names.set(key, logpoint.name)
    else
      throw document.errorAt(['logpoints', logpoint.name], `is the same Logpoint as ${twin}`, 'Keep one of the names.')
  }
}

async function readFiles(document: DesiredDocument, scope: Scope, { folder }: ResolveOptions): Promise<DesiredFile[]> {
  const { content } = document
  const pools = new Map<string, Pool>(scope.targets.map(({ pool }) => [pool.id, pool]))
  const placed = async (
    kind: DesiredFile['kind'],
    given: { readonly file: string; readonly storage?: 'private' | 'public' | undefined },
    way: Way,
  ): Promise<DesiredFile[]> => {
    const local = await readLocalFile(path.resolve(folder, given.file)).catch((error: NodeJS.ErrnoException) => {
      throw document.errorAt([...way, 'file'], `${given.file} cannot be read: ${whyOf(error)}`)
    })
    const name = path.basename(given.file)
    checkName(name, document, way)
    if (local.lengthBytes === 0) throw document.errorAt([...way, 'file'], `${given.file} is empty`)
    if (given.storage === 'public') return [{ kind, storage: { location: 'public' }, name, local }]
    return [...pools.values()].map((pool) => ({ kind, storage: { location: 'private', pool }, name, local }))
  }
  const files: DesiredFile[] = []
  if (content.package) files.push(...(await placed('package', content.package, ['package'])))
  for (const [index, certificate] of (content.certificates ?? []).entries()) {
    const way = ['certificates', index]
    const made = await placed('certificate', certificate, way)
    if (made.some((file) => files.some((other) => isSamePlace(file, other)))) {
      throw document.errorAt(
        [...way, 'file'],
        `another file is called ${path.basename(certificate.file)} there`,
        sameName,
      )
    }
    const isOpenKey = certificate.storage === 'public' && made.some(({ local }) => local.hasPrivateKey)
    if (isOpenKey && !certificate.publicKey) throw openKey(document, way, certificate.file)
    files.push(...made)
  }
  return files
}

function openKey(document: DesiredDocument, way: Way, file: string): StixTaxiiError {
  return document.errorAt(
    [...way, 'storage'],
    `would show the private key ${file} to every pool`,
    'Use private storage, or say publicKey: true beside it.',
  )
}

async function baseLayers(
  document: DesiredDocument,
  { folder, layerOf, bridgeOf }: ResolveOptions,
): Promise<ReadonlyMap<string, readonly SourceLayer[]>> {
  const layers = new Map<string, readonly SourceLayer[]>()
  for (const [key, source] of Object.entries(document.content.sources ?? {})) {
    const own = layerOfText(source, folder)
    const { from, bridge } = source
    if (bridge) refuseBridged(document, key, source)
    if (from === undefined) {
      layers.set(key, [own])
      continue
    }
    const profile = await (bridge ? bridgeOf(from, bridge) : layerOf(from)).catch((error: unknown) => {
      if (!(error instanceof StixTaxiiError)) throw error
      throw document.errorAt(['sources', key, bridge ? 'bridge' : 'from'], `: ${error.message}`, error.hint)
    })
    layers.set(key, [profile, own])
  }
  return layers
}

const bridgeSays = ['url', 'taxiiVersion', 'stixVersion', 'username', 'password', 'useBasic'] as const

/** What a bridge says itself cannot stand beside it. */
function refuseBridged(document: DesiredDocument, key: string, source: SourceText): void {
  if (source.from === undefined) {
    throw document.errorAt(['sources', key, 'bridge'], 'needs the profile whose feed it is: from: NAME')
  }
  const [twice] = bridgeSays.filter((field) => source[field] !== undefined)
  if (twice === undefined) return
  throw document.errorAt(['sources', key, twice], 'stands beside a bridge, which has its own')
}

function layerOfText(text: SourceOverride, folder: string): SourceLayer {
  const { password, keyPassphrase, ...rest } = text
  const words = ['from', 'on', 'ensure', 'bridge']
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([key]) => !words.includes(key))),
    password: password && saidSecretOf(password, folder),
    keyPassphrase: keyPassphrase && saidSecretOf(keyPassphrase, folder),
  }
}

/** A reference with its path made absolute. */
export function saidSecretOf(text: SecretText, folder: string): SaidSecret {
  if (text === 'none') return { from: 'none' }
  if ('file' in text) return { from: 'path', path: path.resolve(folder, text.file) }
  if ('env' in text) return { from: 'env', name: text.env }
  return { from: text.store, entry: text.entry }
}

function pluginOf({ package: wanted }: DesiredStateText, files: readonly DesiredFile[]): DesiredPlugin | undefined {
  const file = files.find(({ kind }) => kind === 'package')
  if (wanted === undefined || file === undefined || wanted.install === false) return undefined
  const fileName = path.basename(wanted.file)
  const version = wanted.version ?? /_(\d+(?:\.\d+)+)\.pak$/i.exec(fileName)?.[1]
  return { fileName, location: wanted.storage ?? 'private', version, sha256: file.local.sha256 }
}

interface Override {
  readonly word: string
  /** Identifiers of the Logpoints it is for. */
  readonly ids: ReadonlySet<string>
  readonly sources: Readonly<
    Record<string, { readonly ensure?: 'present' | 'absent' | undefined; readonly layer: SourceLayer }>
  >
}

function overridesOf(document: DesiredDocument, scope: Scope, { folder }: ResolveOptions): readonly Override[] {
  const known = Object.keys(document.content.sources ?? {})
  return Object.entries(document.content.overrides ?? {}).map(([word, { sources = {} }]) => {
    const way = ['overrides', word]
    const layers = Object.entries(sources).map(([key, text]) => {
      if (!known.includes(key)) {
        const near = nearestName(key, known)
        const hint = near === undefined ? `Sources of this file: ${known.join(', ')}` : `Did you mean "${near}"?`
        throw document.errorAt([...way, 'sources', key], 'is no source of this file', hint)
      }
      return [key, { ensure: text.ensure, layer: layerOfText(text, folder) }] as const
    })
    const ids = new Set(scope.pick([word], way).map(placeKey))
    return { word, ids, sources: Object.fromEntries(layers) }
  })
}

interface SourceContext {
  readonly document: DesiredDocument
  readonly scope: Scope
  readonly layers: ReadonlyMap<string, readonly SourceLayer[]>
  readonly overrides: readonly Override[]
}

function sourcesOf(logpoint: Logpoint, { document, scope, layers, overrides }: SourceContext): DesiredSource[] {
  const mine = overrides.filter(({ ids }) => ids.has(placeKey(logpoint)))
  return Object.entries(document.content.sources ?? {}).flatMap(([key, source]) => {
    if (source.on !== undefined) {
      const chosen = scope.pick(source.on, ['sources', key, 'on'])
      if (!chosen.some((each) => placeKey(each) === placeKey(logpoint))) return []
    }
    const over = mine.flatMap((override) => override.sources[key] ?? [])
    const layer = mergeLayers([...(layers.get(key) ?? []), ...over.map((each) => each.layer)])
    const ensure = over.findLast((each) => each.ensure !== undefined)?.ensure ?? source.ensure ?? 'present'
    const fault = faultOfLayer(layer)
    if (fault && (ensure === 'present' || fault.field === 'url')) {
      throw document.errorAt(['sources', key, fault.field], fault.what, `It is about ${logpoint.name}.`)
    }
    try {
      const whole = ensure === 'present' ? layer : { begin: '1d', fetchInterval: '1d', ...layer }
      return [{ key, ensure, defined: defineSource(whole) }]
    } catch (error) {
      if (!(error instanceof StixTaxiiError)) throw error
      throw document.errorAt(['sources', key], `: ${error.message}`, error.hint)
    }
  })
}

/** A source has no name of its own at Director: two with one URL and user name could not be told apart there. */
function refuseSamePair(document: DesiredDocument, { logpoint, sources }: DesiredLogpoint): void {
  const present = sources.filter(({ ensure }) => ensure === 'present')
  for (const [index, { key, defined }] of present.entries()) {
    const twin = present.slice(0, index).find((other) => samePair(other.defined.known, defined.known))
    if (twin === undefined) continue
    throw document.errorAt(
      ['sources', key],
      `has the URL and user name of ${twin.key} on ${logpoint.name}`,
      'Director tells sources apart by these two alone. Keep one of them, or limit each to its own Logpoints with on:.',
    )
  }
}

/** Names one Logpoint among all pools. */
export function placeKey({ id, pool }: Logpoint): string {
  return `${pool.id}/${id}`
}
