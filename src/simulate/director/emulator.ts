import { setTimeout as wait } from 'node:timers/promises'
import { StixTaxiiError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports.ts'
import { whyOf } from '../../core/system-fault.ts'
import { startLoopback } from '../loopback-server.ts'
import type {
  LoopbackServer,
  RequestHead,
  SimulatedRequest,
  SimulatedResponse,
  SimulatedVerdict,
} from '../loopback-server.ts'
import { asStatus200, refusal } from './answers.ts'
import { findCall, isWrite } from './calls.ts'
import type { Call } from './calls.ts'
import { carryOut } from './desk.ts'
import { createFaultBox } from './fault-box.ts'
import type { DirectorFaults } from './faults.ts'
import { startPluginFetches } from './plugin-fetches.ts'
import type { FetchedSource, FetchSource, PluginFetches } from './plugin-fetches.ts'
import { createPools } from './pools.ts'
import type { EmulatedPool } from './pools.ts'
import { placeOf } from './record.ts'
import type { RecordedRequest } from './record.ts'
import { refuse } from './refusals.ts'
import { keepInFolder, keepInMemory } from './state-folder.ts'
import type { Fabric } from './state.ts'
import { readUpload } from './uploads.ts'
import type { ReceivedUpload } from './uploads.ts'

export interface DirectorEmulatorOptions {
  /** The only one that is taken. Default: any token, as long as there is one. */
  readonly token?: string | undefined
  /** Default 0: any that is free. Always on loopback. */
  readonly port?: number | undefined
  /** PEM; with it the emulator speaks https. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined
  /** The pools and Logpoints there are. Default: whichever are named are made. */
  readonly pools?: readonly EmulatedPool[] | undefined
  /** Package of a plugin that every Logpoint has from the start, as `StixTaxii_6.1.0.pak`. */
  readonly plugin?: string | undefined
  /** Where the state is kept; default: in memory. */
  readonly stateFolder?: string | undefined
  readonly faults?: DirectorFaults | readonly DirectorFaults[] | undefined
  /** How the emulated plugin fetches. Default: it does not. */
  readonly fetchSource?: FetchSource | undefined
  /** The first segment of every path but those of orders; default `configapi`. */
  readonly apiPrefix?: string | undefined
  /** May answer in the emulator's place, before anything has happened. */
  readonly onRequest?: Hook<[RecordedRequest]> | undefined
  /** May change or swallow an answer, after everything has happened. */
  readonly onResponse?: Hook<[RecordedRequest, SimulatedResponse]> | undefined
  /** Told of each request once its fate is known. */
  readonly onRecord?: ((request: RecordedRequest) => void) | undefined
  /** Told of each fetch of a plugin once it has ended. */
  readonly onFetched?: ((told: FetchedSource) => void) | undefined
  /** How many of the last requests `requests` holds; default all. */
  readonly remembers?: number | undefined
  /** The emulator's own by default. */
  readonly clock?: Clock | undefined
}

type Hook<Arguments extends unknown[]> = (
  ...args: Arguments
) => SimulatedVerdict | undefined | Promise<SimulatedVerdict | undefined>

/** A Director on this machine. */
export interface DirectorEmulator extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly port: number
  readonly requests: readonly RecordedRequest[]
  /** Everything it has; changes with every call. */
  readonly fabric: Fabric
  /** Puts these faults in the place of those before, with their counts at zero; those whose scope fits are joined. */
  setFaults(...sets: readonly DirectorFaults[]): void
  /** Resolves when the plugins have fetched what is new or due. */
  settled(): Promise<void>
  close(): Promise<void>
}

const maxJsonBytes = 1_048_576
const maxCertificateBytes = 1_048_576
const ownClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => wait(ms, undefined, { signal }),
}

/**
 * Starts a Director Console on loopback: every call of the plugin's guide, with state, and faults to rehearse with.
 *
 * Strict in what it takes (documented paths, headers and bodies to the letter), so that a client that pleases it is as
 * documented. What the guide leaves open is said in `docs/emulator.md`.
 * @throws SIMULATE_STATE_DAMAGED (config), SIMULATE_STATE_FAILED, SIMULATE_PORT_UNUSABLE (local)
 * @see "StixTaxii for Director Console API" 6.1.0
 */
export async function startDirectorEmulator(options: DirectorEmulatorOptions = {}): Promise<DirectorEmulator> {
  const clock = options.clock ?? ownClock
  const keeper = options.stateFolder === undefined ? keepInMemory() : await keepInFolder(options.stateFolder)
  const { fabric } = keeper
  const { fetchSource } = options
  const onFetched = async (told: FetchedSource): Promise<void> => {
    options.onFetched?.(told)
    await keeper.save().catch(() => undefined)
  }
  const fetches = fetchSource && startPluginFetches({ fabric, fetchSource, clock, onFetched })
  const scene: Scene = {
    options,
    clock,
    fabric,
    save: () => keeper.save(),
    pools: createPools(fabric, options),
    faults: createFaultBox([options.faults ?? []].flat()),
    fetches,
    requests: [],
    bodies: new Map(),
  }
  const server: LoopbackServer = await startLoopback((request) => serve(scene, request, server.url), {
    port: options.port,
    tls: options.tls,
    takeBody: (head, body) => takeBody(scene, head, body),
    remembers: 0,
    now: () => clock.now(),
  }).catch((cause: unknown) => {
    throw portUnusable(options.port ?? 0, cause)
  })
  fetches?.sync()
  const close = async (): Promise<void> => {
    await server.close()
    await fetches?.[Symbol.asyncDispose]()
    await keeper.save()
  }
  return {
    url: server.url,
    port: server.port,
    requests: scene.requests,
    fabric,
    setFaults: (...sets) => scene.faults.set(sets),
    settled: () => fetches?.settled() ?? Promise.resolve(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function portUnusable(port: number, cause: unknown): StixTaxiiError {
  const reason = (cause as NodeJS.ErrnoException).code
  const why =
    reason === 'EACCES'
      ? 'the system does not allow it'
      : reason === 'EADDRINUSE'
        ? 'another program has it'
        : whyOf(cause)
  return new StixTaxiiError('SIMULATE_PORT_UNUSABLE', `Port ${port} cannot be listened on: ${why}`, {
    kind: 'local',
    hint: 'Name another port, or 0 for any that is free.',
    context: { port, reason },
    cause,
  })
}

interface Scene {
  readonly options: DirectorEmulatorOptions
  readonly clock: Clock
  readonly fabric: Fabric
  readonly save: () => Promise<void>
  readonly pools: ReturnType<typeof createPools>
  readonly faults: ReturnType<typeof createFaultBox>
  readonly fetches: PluginFetches | undefined
  readonly requests: RecordedRequest[]
  /** What was made of a body while it came, by the number of its request. */
  readonly bodies: Map<number, ReceivedUpload | 'too-large'>
}

function callOf({ options, faults }: Scene, head: RequestHead): Call | undefined {
  const call = findCall(head.method, head.path, options.apiPrefix)
  if (call || faults.peek(undefined).slashRedirect === undefined) return call
  const slashed = findCall(head.method, `${head.path}/`, options.apiPrefix)
  return slashed?.call === 'packageUpload' ? slashed : undefined
}

async function takeBody(scene: Scene, head: RequestHead, body: AsyncIterable<Buffer>): Promise<Buffer> {
  const call = callOf(scene, head)
  if (call?.body === 'package' || call?.body === 'certificate') {
    const { maxUploadBytes = Infinity, cutUploadAtBytes: cutAtBytes } = scene.faults.peek(call)
    const keepBytes = call.body === 'certificate' ? maxCertificateBytes : 0
    const upload = await readUpload(head, body, { maxBytes: maxUploadBytes, keepBytes, cutAtBytes })
    scene.bodies.set(head.number, upload)
    if (upload.fault !== 'torn' && upload.fault !== 'cut') return Buffer.alloc(0)
    tell(scene, remember(scene, { ...head, body: Buffer.alloc(0) }, call))
    throw new Error('the connection ended in the middle of an upload')
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes <= maxJsonBytes) chunks.push(chunk)
  }
  if (bytes > maxJsonBytes) scene.bodies.set(head.number, 'too-large')
  return Buffer.concat(chunks)
}

type Remembered = { -readonly [Key in keyof RecordedRequest]: RecordedRequest[Key] }

function remember(scene: Scene, request: SimulatedRequest, call: Call | undefined): Remembered {
  const body = scene.bodies.get(request.number)
  const upload = typeof body === 'object' ? body : undefined
  const { number, method, path, headers, rawHeaders } = request
  const bodyBytes = upload?.bytes ?? request.body.length
  const json = request.body.length > 0 ? parse(request.body.toString('utf8')) : undefined
  const at = scene.clock.now().toISOString()
  const made = { number, at, method, path, headers, rawHeaders, ...placeOf(call), bodyBytes, json, upload }
  scene.requests.push(made)
  if (scene.requests.length > (scene.options.remembers ?? Infinity)) scene.requests.shift()
  return made
}

function tell({ options }: Scene, request: RecordedRequest): void {
  options.onRecord?.(request)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function serve(scene: Scene, request: SimulatedRequest, origin: string): Promise<SimulatedVerdict> {
  const { options } = scene
  const call = callOf(scene, request)
  const recorded = remember(scene, request, call)
  try {
    const early = await options.onRequest?.(recorded)
    const verdict = early ?? (await answer(scene, recorded, call, origin))
    const last =
      typeof verdict === 'string' || early ? verdict : ((await options.onResponse?.(recorded, verdict)) ?? verdict)
    if (typeof last !== 'string') recorded.status = last.status
    return last
  } finally {
    scene.bodies.delete(request.number)
    tell(scene, recorded)
  }
}

async function answer(
  scene: Scene,
  request: RecordedRequest,
  call: Call | undefined,
  origin: string,
): Promise<SimulatedVerdict> {
  const faults = scene.faults.strike(call)
  if (faults.cut === 'before') return 'drop'
  const refused =
    faults.answer ??
    refuse(request, call, {
      faults: faults.set,
      token: scene.options.token,
      pools: scene.pools,
      body: scene.bodies.get(request.number),
    })
  if (refused) return faults.set.refusalsAs200 ? asStatus200(refused) : refused
  if (call === undefined) return refusal(404, `Nothing is at ${request.path}`)
  const response = carryOut({
    fabric: scene.fabric,
    call,
    faults: faults.set,
    origin,
    json: (request.json as { data?: unknown } | undefined)?.data,
    upload: request.upload,
    ...scene.pools.find(call),
  })
  if (isWrite(call.call)) {
    scene.fetches?.sync()
    const unkept = await scene.save().then(
      () => undefined,
      (error: unknown) => refusal(500, error instanceof Error ? error.message : String(error)),
    )
    if (unkept) return unkept
  }
  if (faults.cut === 'after') return 'drop'
  if (faults.answerAfter) return faults.answerAfter
  return faults.set.refusalsAs200 ? asStatus200(response) : response
}
