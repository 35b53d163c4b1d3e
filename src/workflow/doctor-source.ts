import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { StixTaxiiError } from '../core/errors.ts'
import type { Clock, Http } from '../core/ports.ts'
import { httpDateMs } from '../core/retry-after.ts'
import { printable } from '../core/printable.ts'
import { fromEpochMicroseconds, toEpochMicroseconds, timestampOfDate } from '../core/timestamp.ts'
import { chooseCollections } from '../fetch/choose-collections.ts'
import type { Choice } from '../fetch/choose-collections.ts'
import type { TaxiiProfile } from '../profile/profile.ts'
import type { Store } from '../store/store.ts'
import type { Page, TaxiiClient } from '../taxii/client.ts'
import { failed, ok, warn } from './check.ts'
import type { Check } from './check.ts'

/** An open connection, as `openSource` gives it. */
export interface SourceConnection extends AsyncDisposable {
  readonly http: Http
  readonly client: TaxiiClient
}

interface Parts {
  readonly clock: Clock
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly store: Store | undefined
  readonly connect: (profile: TaxiiProfile, signal: AbortSignal) => Promise<SourceConnection>
}

/** Looks at one source from the name of its host to whether it honours `added_after`; stops where nothing further can be seen. */
export async function* checkSource(profile: TaxiiProfile, parts: Parts, signal: AbortSignal): AsyncGenerator<Check> {
  if (profile.tls.insecure) {
    const message = 'The identity of the server is not verified'
    yield warn('verification', message, `stixtaxii configure taxii ${profile.name} --no-insecure --ca FILE`)
  }
  if (parts.store) yield await checkLock(profile, parts.store)
  const url = new URL(profile.url)
  if (!usesProxy(profile, parts.environment)) {
    const host = await checkHost(url)
    yield host
    if (host.status === 'fail') return
    if (url.protocol === 'https:') yield await checkCertificate(url, parts.clock)
  }
  let connection: SourceConnection
  try {
    connection = await parts.connect(profile, signal)
  } catch (error) {
    yield failed(nameOfFault(error), error)
    return
  }
  try {
    yield ok('version', `TAXII ${connection.client.version}`)
    yield* checkContent(profile, connection, parts, signal)
  } finally {
    await connection[Symbol.asyncDispose]()
  }
}

/** What a failure to connect is about, as a user would call it. */
function nameOfFault(error: unknown): string {
  const kind = error instanceof StixTaxiiError ? error.kind : 'internal'
  if (kind === 'auth') return 'login'
  if (kind === 'refused') return 'identity'
  return kind === 'network' ? 'connection' : 'version'
}

async function checkLock(profile: TaxiiProfile, store: Store): Promise<Check> {
  try {
    const lock = await store.lockSource({ id: profile.id, name: profile.name }, { timeoutMs: 0 })
    await lock[Symbol.asyncDispose]()
    return ok('lock', 'Nobody is fetching it now')
  } catch (error) {
    if (!(error instanceof StixTaxiiError) || error.kind !== 'conflict') return failed('lock', error)
    return warn('lock', error.message, 'Wait for it, or end the other fetch.')
  }
}

/** Whether a profile's requests go through a proxy: then this machine need not know the host's name. */
export function usesProxy(
  profile: { readonly proxy?: { readonly use: boolean } | undefined },
  environment: Parts['environment'],
): boolean {
  if (profile.proxy) return profile.proxy.use
  const names = ['https_proxy', 'http_proxy', 'all_proxy']
  return names.some((name) => environment[name] ?? environment[name.toUpperCase()])
}

/** Whether the name of the host can be resolved here. */
export async function checkHost(url: URL): Promise<Check> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host)) return ok('name', `${host} is an address`)
  try {
    const addresses = await lookup(host, { all: true })
    return ok('name', `${host} is ${addresses.map(({ address }) => address).join(', ')}`)
  } catch (cause) {
    const fault = new StixTaxiiError('WORKFLOW_HOST_UNKNOWN', `The name ${host} cannot be resolved`, {
      kind: 'network',
      hint: 'Check the spelling of the URL, and the name servers of this machine.',
      cause,
    })
    return failed('name', fault)
  }
}

const certificateWaitMs = 5_000
const dayMs = 86_400_000

/** When the server's certificate ends. Whether it is the right one is seen by connecting; nothing is sent here. */
export async function checkCertificate(url: URL, clock: Clock): Promise<Check> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const ends = await new Promise<Date | string>((resolve) => {
    const socket = connectTls({
      host,
      port: Number(url.port || 443),
      ...(isIP(host) ? {} : { servername: host }),
      rejectUnauthorized: false,
      timeout: certificateWaitMs,
    })
    const done = (result: Date | string): void => {
      socket.destroy()
      resolve(result)
    }
    socket.once('secureConnect', () => done(new Date(socket.getPeerCertificate().valid_to)))
    socket.once('timeout', () => done(`No TLS answer from ${url.host} within ${certificateWaitMs / 1000} s`))
    socket.once('error', (error) => done(`No TLS with ${url.host}: ${error.message}`))
  })
  if (typeof ends === 'string') return warn('certificate', ends, 'Check host and port of the URL.')
  if (Number.isNaN(ends.getTime()))
    return warn('certificate', 'The server shows no end of its certificate', 'Ask the provider.')
  const days = Math.floor((ends.getTime() - clock.now().getTime()) / dayMs)
  if (days >= 14) return ok('certificate', `Valid until ${ends.toISOString()}`)
  if (days >= 0)
    return warn('certificate', `Ends in ${days} days, ${ends.toISOString()}`, 'Ask the provider to renew it.')
  const fault = new StixTaxiiError('WORKFLOW_CERTIFICATE_ENDED', `The certificate ended ${ends.toISOString()}`, {
    kind: 'refused',
    hint: 'Ask the provider to renew it; if the date seems wrong, check the clock of this machine.',
  })
  return failed('certificate', fault)
}

async function* checkContent(
  profile: TaxiiProfile,
  { client, http }: SourceConnection,
  parts: Parts,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  let choices: readonly Choice[]
  try {
    const wanted = { sourceId: profile.id, names: profile.collections, apiRoot: undefined, known: [] }
    choices = await chooseCollections(client, wanted, signal)
  } catch (error) {
    yield failed(error instanceof StixTaxiiError && error.kind === 'auth' ? 'login' : 'collections', error)
    return
  }
  yield ok('login', profile.authentication.scheme === 'none' ? 'None needed' : 'Accepted')
  const readable = choices.filter((choice) => choice.kind === 'readable')
  for (const choice of choices) if (choice.kind === 'unreadable') yield failed('collections', choice.error)
  const [first] = readable
  if (!first) {
    yield warn('collections', 'None that may be read', 'Ask the provider what this account may read.')
    return
  }
  yield ok('collections', `${readable.length} readable`)
  const seen = yield* checkAddedAfter(first, client, parts.clock, signal)
  yield* checkClock(seen ?? (await dateOf(http, profile, signal)), parts.clock)
}

/** Asks for what came after tomorrow: a server that still answers with objects ignores `added_after`. Gives its clock, if seen. */
async function* checkAddedAfter(
  { collection, key }: Choice & { kind: 'readable' },
  client: TaxiiClient,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Check, string | undefined> {
  const name = printable(collection.id)
  if (!client.v2 || collection.ordering === 'set') return undefined
  const ask = async (begin?: string): Promise<Page | undefined> => {
    const request = { collection: collection.id, root: key.root, pageSize: 1, begin }
    for await (const page of client.poll(request, signal)) return page
    return undefined
  }
  try {
    const tomorrow = timestampOfDate(new Date(clock.now().getTime() + 2 * dayMs))
    const page = await ask(tomorrow)
    if (page && page.items.length > 0) {
      const message = `"${name}" ignores added_after: each fetch reads all of it again and recognises what it knows`
      yield warn('added_after', message, 'Give it a longer fetch interval.')
      return page.serverDate
    }
    const any = await ask()
    if (any && any.items.length > 0) yield ok('added_after', `Honoured by "${name}"`)
    else yield ok('added_after', `"${name}" has nothing to tell it by`)
    return any?.serverDate
  } catch (error) {
    yield failed('added_after', error)
    return undefined
  }
}

async function dateOf(http: Http, profile: TaxiiProfile, signal: AbortSignal): Promise<string | undefined> {
  try {
    const request = { method: 'GET', url: new URL(profile.url), signal } as const
    const date = await http.exchange(request, async (response) => {
      await response.discard()
      return response.headers.get('date')
    })
    const time = httpDateMs(date)
    return time === undefined ? undefined : timestampOfDate(new Date(time))
  } catch {
    return undefined
  }
}

const skewThatMattersMs = 60_000

function* checkClock(serverDate: string | undefined, clock: Clock): Generator<Check> {
  const server = serverDate === undefined ? undefined : toEpochMicroseconds(serverDate)
  if (server === undefined) {
    yield ok('clock', 'The server does not say its time')
    return
  }
  const skewMs = clock.now().getTime() - Number(server / 1000n)
  if (Math.abs(skewMs) < skewThatMattersMs) {
    yield ok('clock', `Within a minute of the server's, ${fromEpochMicroseconds(server)}`)
    return
  }
  const seconds = Math.round(Math.abs(skewMs) / 1000)
  const message = `This machine's clock is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} the server's`
  yield warn(
    'clock',
    message,
    'Set the clock of this machine by NTP; checkpoints follow the server, so nothing is lost.',
  )
}
