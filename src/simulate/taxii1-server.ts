import { createGuard, demandList } from './authentication.ts'
import type { Guard } from './authentication.ts'
import { createLedger } from './ledger.ts'
import type { Ledger, ServedThing } from './ledger.ts'
import { startLoopback } from './loopback-server.ts'
import type { LoopbackServer, SimulatedHandler, SimulatedRequest, SimulatedResponse } from './loopback-server.ts'
import { bindingIds, headerProblem } from './taxii1-headers.ts'
import { takeIn } from './taxii1-inbox.ts'
import type { InboxDelivery } from './taxii1-inbox.ts'
import { collectionResponse, createScribe, discoveryResponse, pollResponse, statusMessage } from './taxii1-messages.ts'
import type { Scribe } from './taxii1-messages.ts'
import type { ServiceOptions, ServicePaths, StatusOptions, Taxii1Options } from './taxii1-options.ts'
import { createPollCounter } from './taxii1-polls.ts'
import type { PollOutcome } from './taxii1-polls.ts'
import { createBlockShelf } from './taxii1-shelf.ts'
import type { BlockShelf, ShelfBlock } from './taxii1-shelf.ts'
import { createSubscriptionBook, readParameters, subscriptionResponse } from './taxii1-subscriptions.ts'
import { childOf, parseRequest, textOf, wireOf } from './taxii1-wire.ts'
import type { Taxii1Version, WireElement } from './taxii1-wire.ts'

/** What a TAXII 1.x service shows of itself while it runs. */
export interface Taxii1Parts {
  readonly ledger: Ledger
  readonly guard: Guard
  readonly inbox: readonly InboxDelivery[]
  /** @throws TypeError when there is no collection of this name */
  shelf(collection: string): BlockShelf
  /** Every block a complete poll must bring. */
  truth(collection: string): readonly ServedThing[]
  /** Forgets all result sets, as a restart does. */
  forgetResults(): void
}

export interface Taxii1Server extends LoopbackServer, Taxii1Parts {
  /** Full addresses of the services. */
  readonly addresses: ServicePaths
}

export interface Taxii1Service extends Taxii1Parts {
  readonly handler: SimulatedHandler
  readonly paths: ServicePaths
}

/**
 * Starts a TAXII 1.0 or 1.1 server (or both) on a free loopback port, correct by its standard unless an option says
 * otherwise, with a ledger of every block it gave away.
 */
export async function startTaxii1Server(options: Taxii1Options = {}): Promise<Taxii1Server> {
  const { handler, paths, ...parts } = createTaxii1Service(options)
  const server = await startLoopback(handler, options)
  return { ...server, ...parts, addresses: withOrigin(paths, server.url) }
}

function withOrigin(paths: ServicePaths, origin: string): ServicePaths {
  const { discovery, collections, poll, inbox, subscription } = paths
  return {
    discovery: origin + discovery,
    collections: origin + collections,
    poll: origin + poll,
    inbox: origin + inbox,
    subscription: origin + subscription,
  }
}

interface Scene {
  readonly options: Taxii1Options
  readonly versions: readonly Taxii1Version[]
  readonly paths: ServicePaths
  readonly shelves: readonly BlockShelf[]
  readonly ledger: Ledger
  readonly guard: Guard
  readonly inbox: InboxDelivery[]
  readonly counter: ReturnType<typeof createPollCounter>
  readonly book: ReturnType<typeof createSubscriptionBook>
  polls: number
}

/** Makes the service without a port of its own. */
export function createTaxii1Service(options: Taxii1Options = {}): Taxii1Service {
  const paths = {
    discovery: '/services/discovery',
    collections: '/services/collection-management',
    poll: '/services/poll',
    inbox: '/services/inbox',
    subscription: '/services/collection-management',
    ...options.paths,
  }
  const scene: Scene = {
    options,
    versions: options.versions ?? ['1.1'],
    paths,
    shelves: (options.collections ?? []).map(createBlockShelf),
    ledger: createLedger(),
    guard: createGuard(demandList(options.authentication)),
    inbox: [],
    counter: createPollCounter(options),
    book: createSubscriptionBook(),
    polls: 0,
  }
  const shelf = (name: string): BlockShelf => {
    const found = scene.shelves.find((each) => each.options.name === name)
    if (!found) throw new TypeError(`no collection ${name}`)
    return found
  }
  return {
    handler: (request) => route(scene, request),
    paths,
    ledger: scene.ledger,
    guard: scene.guard,
    inbox: scene.inbox,
    shelf,
    truth: (name) => shelf(name).blocks.map((block) => thingOf(name, block)),
    forgetResults: scene.counter.forget,
  }
}

const thingOf = (collection: string, { id, input }: ShelfBlock): ServedThing => ({
  collection,
  id,
  version: '',
  raw: input.content,
})

function route(scene: Scene, request: SimulatedRequest): SimulatedResponse | undefined {
  const { options, guard, paths } = scene
  const login = guard.login(request)
  if (login) return login
  const path = pathOf(request.path, options, paths)
  if (path === undefined) return undefined
  if (request.method !== 'POST') return plain(405, 'Method Not Allowed')
  const root = parseRequest(request.body.toString('utf8'))
  const version = scene.versions.find((each) => wireOf[each].namespace === root?.namespace)
  const scribe = createScribe(version ?? scene.versions[0] ?? '1.1', options)
  const id = root?.attributes.message_id ?? '0'
  const say = (status: StatusOptions): SimulatedResponse => reply(scribe, request, statusMessage(scribe, id, status))
  if (guard.challenge(request) !== undefined) {
    const refused = say({ type: 'UNAUTHORIZED', message: 'The credentials were not accepted' })
    if (options.refusal !== 'http') return refused
    return { ...refused, status: 401, headers: { ...refused.headers, 'www-authenticate': 'Basic realm="simulated"' } }
  }
  const oddity = options.headers === 'loose' ? undefined : headerProblem(request, scene.versions)
  if (oddity) return typeof oddity === 'number' ? plain(oddity, 'Not Acceptable') : say(oddity)
  if (!root) return say({ type: 'BAD_MESSAGE', message: 'not well-formed XML' })
  if (!version) return say({ type: 'UNSUPPORTED_MESSAGE', details: { SUPPORTED_BINDING: bindingIds(scene.versions) } })
  return (
    perform(scene, { ...request, path }, root, scribe, say) ??
    say({ type: 'BAD_MESSAGE', message: `no ${root.name} here` })
  )
}

function pathOf(path: string, options: Taxii1Options, paths: ServicePaths): string | undefined {
  const bare = (text: string): string => (options.slash === 'either' ? text.replace(/\/$/, '') : text)
  return Object.values(paths).find((each) => bare(each) === bare(path))
}

function plain(status: number, text: string): SimulatedResponse {
  return { status, headers: { 'content-type': 'text/plain' }, body: Buffer.from(text) }
}

function reply(scribe: Scribe, request: SimulatedRequest, body: Buffer): SimulatedResponse {
  const scheme = request.url.protocol === 'https:' ? 'https' : 'http'
  const headers = {
    'content-type': 'application/xml',
    'x-taxii-content-type': wireOf[scribe.version].message,
    'x-taxii-protocol': `urn:taxii.mitre.org:protocol:${scheme}:1.0`,
    'x-taxii-services': wireOf[scribe.version].services,
  }
  return { status: 200, headers, body }
}

function perform(
  scene: Scene,
  request: SimulatedRequest,
  root: WireElement,
  scribe: Scribe,
  say: (status: StatusOptions) => SimulatedResponse,
): SimulatedResponse | undefined {
  const { path } = request
  const { paths, shelves } = scene
  const id = root.attributes.message_id ?? '0'
  const told = advertisedAddresses(scene, request.url.origin)
  if (root.name === 'Discovery_Request' && path === paths.discovery)
    return reply(scribe, request, discoveryResponse(scribe, id, servicesOf(scene, request.url.origin, told)))
  const information = scribe.version === '1.0' ? 'Feed_Information_Request' : 'Collection_Information_Request'
  if (root.name === information && path === paths.collections) {
    const listed = shelves.map((shelf) => shelf.options)
    const named = scribe.version === '1.0' ? listed.filter((each) => each.type !== 'set') : listed
    return reply(scribe, request, collectionResponse(scribe, id, named, told))
  }
  if (root.name === 'Inbox_Message' && path === paths.inbox)
    return say(takeIn(scene.options, shelves, scene.inbox, root))
  const name = root.attributes.collection_name ?? root.attributes.feed_name ?? ''
  const shelf = shelves.find((each) => each.options.name === name)
  const polling = path === paths.poll && (root.name === 'Poll_Request' || root.name === 'Poll_Fulfillment')
  const subscribing = path === paths.subscription && root.name === 'Subscription_Management_Request'
  if (!polling && !subscribing) return undefined
  if (!shelf) return say({ type: 'NOT_FOUND', details: { ITEM: name }, message: `no collection ${name}` })
  if (subscribing) {
    if (scene.options.subscriptions === 'unsupported') return say({ type: 'FAILURE', message: 'not implemented' })
    const done = scene.book.act(root, name)
    if ('type' in done) return say(done)
    return reply(scribe, request, subscriptionResponse(scribe, id, name, done, told.poll ?? ''))
  }
  return poll(scene, request, root, scribe, shelf, say)
}

function poll(
  scene: Scene,
  request: SimulatedRequest,
  root: WireElement,
  scribe: Scribe,
  shelf: BlockShelf,
  say: (status: StatusOptions) => SimulatedResponse,
): SimulatedResponse {
  const instead = scene.options.onPoll?.(++scene.polls, request)
  if (instead) return say(instead)
  if (shelf.options.unreadable) return say({ type: 'DENIED', message: 'not for you' })
  const outcome = root.name === 'Poll_Fulfillment' ? scene.counter.fulfil(root) : firstPoll(scene, root, scribe, shelf)
  if ('http' in outcome) return plain(outcome.http, 'Request Failed')
  if ('status' in outcome) return say(outcome.status)
  const { blocks, collection } = outcome.answer
  scene.ledger.record(
    request.number,
    blocks.map((block) => thingOf(collection.name, block)),
  )
  return reply(scribe, request, pollResponse(scribe, root.attributes.message_id ?? '0', outcome.answer, scene.options))
}

function firstPoll(scene: Scene, root: WireElement, scribe: Scribe, shelf: BlockShelf): PollOutcome {
  const subscriptionId = root.attributes.subscription_id ?? textOf(root, 'Subscription_ID')
  const own = childOf(root, 'Poll_Parameters')
  if (scribe.version === '1.1' && (subscriptionId === undefined) === (own === undefined))
    return { status: { type: 'BAD_MESSAGE', message: 'exactly one of subscription and parameters is wanted' } }
  const subscribed = subscriptionId === undefined ? undefined : scene.book.find(subscriptionId)
  if (subscriptionId !== undefined && subscribed?.collection !== shelf.options.name)
    return { status: { type: 'NOT_FOUND', details: { ITEM: subscriptionId } } }
  const parameters = subscribed?.parameters ?? readParameters(root, 'Poll_Parameters')
  const offered = new Set(shelf.blocks.map((block) => block.binding))
  const supported = [...(shelf.options.bindings ?? []), ...offered]
  if (parameters.bindings.length > 0 && !parameters.bindings.some((binding) => supported.includes(binding)))
    return { status: { type: 'UNSUPPORTED_CONTENT', details: { SUPPORTED_CONTENT: supported } } }
  return scene.counter.poll(root, shelf, scribe.version, { ...parameters, subscriptionId })
}

function advertisedAddresses({ options, paths }: Scene, origin: string): Partial<ServicePaths> {
  const right = withOrigin(paths, origin)
  const tell = (service: keyof ServicePaths): string => options.advertise?.(right[service], service) ?? right[service]
  return {
    discovery: tell('discovery'),
    collections: tell('collections'),
    poll: tell('poll'),
    inbox: tell('inbox'),
    ...(options.subscriptions === 'none' ? {} : { subscription: tell('subscription') }),
  }
}

function servicesOf(scene: Scene, origin: string, told: Partial<ServicePaths>): readonly ServiceOptions[] {
  if (scene.options.services) return scene.options.services(origin)
  return scene.versions.flatMap((version): ServiceOptions[] => [
    { type: 'DISCOVERY', address: told.discovery ?? '', version, available: true },
    {
      type: version === '1.0' ? 'FEED_MANAGEMENT' : 'COLLECTION_MANAGEMENT',
      address: told.collections ?? '',
      version,
      available: true,
    },
    { type: 'POLL', address: told.poll ?? '', version, available: true },
    { type: 'INBOX', address: told.inbox ?? '', version, available: true },
  ])
}
