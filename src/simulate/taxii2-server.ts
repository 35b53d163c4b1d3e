import { createGuard, demandList } from './authentication.ts'
import type { Guard } from './authentication.ts'
import { createLedger } from './ledger.ts'
import type { Ledger, ServedThing } from './ledger.ts'
import { startLoopback } from './loopback-server.ts'
import type { LoopbackServer, SimulatedHandler, SimulatedRequest, SimulatedResponse } from './loopback-server.ts'
import { createDesk } from './taxii2-desk.ts'
import type { RootOptions, Taxii2Options } from './taxii2-options.ts'
import { json, listCollections, problem, readManifest, readObjects, thingOf } from './taxii2-reads.ts'
import type { RunningRoot, Scene } from './taxii2-reads.ts'
import { collectionRecord, discoveryRecord, rootRecord } from './taxii2-records.ts'
import { createShelf, selectEntries } from './taxii2-shelf.ts'
import type { Shelf } from './taxii2-shelf.ts'

/** The media types of a TAXII 2 version, as its standard writes them. */
export const mediaTypesOf = {
  '2.0': {
    taxii: 'application/vnd.oasis.taxii+json; version=2.0',
    stix: 'application/vnd.oasis.stix+json; version=2.0',
  },
  '2.1': { taxii: 'application/taxii+json;version=2.1', stix: 'application/stix+json;version=2.1' },
} as const

/** A running TAXII 2 server: its address, what it gave, and its content, which can be changed while it runs. */
export interface Taxii2Server extends LoopbackServer {
  /** Full address of discovery; of the first root where there is none. */
  readonly discoveryUrl: string
  /** Full address of the first root. */
  readonly rootUrl: string
  readonly ledger: Ledger
  readonly guard: Guard
  /** The collection of this id, in the first root that has it. @throws TypeError when there is none. */
  shelf(collection: string): Shelf
  /** What a complete read of a collection must bring: newest versions, or `all` of them. */
  truth(collection: string, versions?: 'last' | 'all'): readonly ServedThing[]
}

/** The request handler of a TAXII 2 server, for hosts that have several services on one port. */
export interface Taxii2Service extends Omit<Taxii2Server, keyof LoopbackServer | 'discoveryUrl' | 'rootUrl'> {
  readonly handler: SimulatedHandler
  readonly discoveryPath: string
  readonly rootPath: string
}

/**
 * Starts a TAXII 2.0 or 2.1 server on a free loopback port, correct by its standard unless an option says otherwise, with
 * a ledger of everything it gave away.
 */
export async function startTaxii2Server(options: Taxii2Options = {}): Promise<Taxii2Server> {
  const service = createTaxii2Service(options)
  const server = await startLoopback(service.handler, options)
  const { discoveryPath, rootPath, ledger, guard, shelf, truth } = service
  const addresses = { discoveryUrl: server.url + discoveryPath, rootUrl: server.url + rootPath }
  return { ...server, ...addresses, ledger, guard, shelf, truth }
}

/** Makes the service without a port of its own. */
export function createTaxii2Service(options: Taxii2Options = {}): Taxii2Service {
  const version = options.version ?? '2.1'
  const rootOptions = options.roots ?? [{ path: '/api1/', collections: options.collections ?? [] }]
  const roots = rootOptions.map((root) => ({ options: root, shelves: root.collections.map(createShelf) }))
  const [ledger, guard] = [createLedger(), createGuard(allDemands(options, rootOptions))]
  const types = mediaTypesOf[version]
  const extras = createShelf({ id: 'every page', objects: options.everyPage?.objects }).entries
  const desk = createDesk(options, types)
  const scene: Scene = { options: { ...options, version }, types, roots, guard, ledger, desk, extras }
  const shelf = (id: string): Shelf => {
    const found = roots.flatMap((root) => root.shelves).find((each) => each.options.id === id)
    if (!found) throw new TypeError(`no collection ${id}`)
    return found
  }
  const slash = options.slash === 'forbidden' ? '' : '/'
  const ended = (path: string): string => path.replace(/\/$/, '') + slash
  const base = options.bases?.[0] ?? ''
  const rootPath = base + ended(rootOptions[0]?.path ?? '/')
  const discovery = discoveryPathOf(scene)
  return {
    handler: (request) => route(scene, request),
    discoveryPath: discovery === null ? rootPath : base + ended(discovery),
    rootPath,
    ledger,
    guard,
    shelf,
    truth: (id, versions = 'last') =>
      selectEntries(shelf(id).entries, { version: [versions], specVersion: ['2.0', '2.1'] }).map((entry) =>
        thingOf(id, entry),
      ),
  }
}

function allDemands(options: Taxii2Options, roots: readonly RootOptions[]) {
  return [options.authentication, options.discoveryAuthentication, ...roots.map((root) => root.authentication)].flatMap(
    demandList,
  )
}

const discoveryPathOf = ({ options }: Scene): string | null =>
  options.discoveryPath === undefined ? (options.version === '2.0' ? '/taxii/' : '/taxii2/') : options.discoveryPath

async function route(scene: Scene, request: SimulatedRequest): Promise<SimulatedResponse | undefined> {
  const { options, guard } = scene
  const login = guard.login(request)
  if (login) return login
  const path = pathWithin(request.path, options)
  if (path === undefined) return undefined
  const discovery = discoveryPathOf(scene)
  if (discovery !== null && same(path, discovery)) {
    const demands = demandList(options.discoveryAuthentication ?? options.authentication)
    return refuse(scene, request, demands, [scene.types.taxii]) ?? json(scene, discoveryRecord(scene, request))
  }
  const root = scene.roots.find(({ options: each }) => !each.missing && `${path}/`.startsWith(each.path))
  if (!root) return undefined
  const rest = path.slice(root.options.path.length).split('/').filter(Boolean).map(decodeURIComponent)
  const wanted = rest[2] === 'objects' && options.version === '2.0' ? scene.types.stix : scene.types.taxii
  const reading = request.method === 'GET' ? wanted : scene.types.taxii
  const refusal = refuse(scene, request, demandList(root.options.authentication ?? options.authentication), [reading])
  return refusal ?? inRoot(scene, request, root, rest)
}

// The path without base and without its trailing slash; undefined where no base fits or the slash is wrong.
function pathWithin(path: string, options: Taxii2Options): string | undefined {
  const slash = options.slash ?? 'required'
  if (slash !== 'either' && path.endsWith('/') !== (slash === 'required')) return undefined
  const base = (options.bases ?? ['']).find((each) => each === '' || path.startsWith(`${each}/`))
  return base === undefined ? undefined : path.slice(base.length).replace(/\/$/, '')
}

const same = (path: string, written: string): boolean => path === written.replace(/\/$/, '')

function refuse(
  scene: Scene,
  request: SimulatedRequest,
  demands: Parameters<Guard['challenge']>[1],
  accepted: readonly string[],
): SimulatedResponse | undefined {
  const challenge = scene.guard.challenge(request, demands)
  if (challenge !== undefined)
    return problem(scene, 401, 'Unauthorized', scene.options.noChallenge ? {} : { 'www-authenticate': challenge })
  if (accepts(request.headers.accept, accepted, scene.options.accept ?? 'standard')) return undefined
  return problem(scene, 406, 'Not Acceptable')
}

function accepts(header: string | undefined, types: readonly string[], rule: 'standard' | 'exact' | 'any'): boolean {
  if (rule === 'any') return true
  if (rule === 'exact') return types.includes(header ?? '')
  const offers = (header ?? '').split(',').map((each) => each.toLowerCase().replaceAll(/[\s"]/g, ''))
  return types.some((type) => {
    const [name = '', version = ''] = type.replaceAll(' ', '').split(';')
    return offers.some((offer) => {
      const [offered, ...parameters] = offer.split(';')
      const asked = parameters.find((parameter) => parameter.startsWith('version='))
      return offered === name && (asked === undefined || asked === version)
    })
  })
}

async function inRoot(
  scene: Scene,
  request: SimulatedRequest,
  root: RunningRoot,
  rest: readonly string[],
): Promise<SimulatedResponse | undefined> {
  const [first, name, part, id, last] = rest
  if (first === undefined) return json(scene, rootRecord(scene, root))
  if (first === 'status' && name !== undefined) {
    const job = scene.desk.job(name)
    return job ? json(scene, job) : problem(scene, 404, 'Status not found')
  }
  if (first !== 'collections') return undefined
  if (name === undefined) return listCollections(scene, request, root.shelves)
  const shelf = root.shelves.find((each) => answersTo(each, name))
  if (!shelf) return problem(scene, 404, 'Collection not found')
  if (part === undefined) return json(scene, collectionRecord(shelf))
  if (request.method === 'POST' && part === 'objects')
    return scene.desk.accept(request, shelf, root.options.maxContentLength ?? 10_485_760)
  if (request.method === 'DELETE' && id !== undefined) return scene.desk.remove(request, shelf, id)
  if (shelf.options.canRead === false) return problem(scene, 403, 'Forbidden')
  if (part === 'manifest') return readManifest(scene, request, shelf)
  if (part !== 'objects' || (last !== undefined && (last !== 'versions' || scene.options.version === '2.0')))
    return undefined
  const known = id === undefined || shelf.entries.some((entry) => entry.id === id)
  if (!known) return problem(scene, 404, 'Object not found')
  return readObjects(scene, request, shelf, id, last === 'versions')
}

const answersTo = ({ options }: Shelf, name: string): boolean =>
  [options.id, options.alias, ...(options.otherNames ?? [])].includes(name)
