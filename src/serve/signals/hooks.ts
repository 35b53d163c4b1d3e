import { Worker } from 'node:worker_threads'
import { StixTaxiiError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports.ts'
import { printable } from '../../core/printable.ts'
import type { LoadedModule } from '../load-module.ts'
import type { ServerLog } from '../server-log.ts'
import { signalNames, type OnSignal, type Signal } from '../signals.ts'
import { hooksProgram } from './hooks-program.ts'

export interface HookOptions {
  readonly clock: Clock
  readonly log: ServerLog
  /** How long the module may take to register its listeners. Default 10 s. */
  readonly startMs?: number | undefined
  /** How long a listener may take for one signal; it may still be at it then, but is not waited for. Default 30 s. */
  readonly timeoutMs?: number | undefined
  /** How long the thread may be silent when it is asked whether it lives. Default 2 s. */
  readonly pongMs?: number | undefined
}

/** A hooks module in a thread of its own. */
export interface Hooks extends AsyncDisposable {
  /** Passes the signals on that the module listens to; for `openSignals`. */
  register(on: OnSignal): void
  /** How often its thread was started anew. */
  readonly restarts: number
}

interface Registered {
  readonly signal: Signal
  readonly listener: number
}

type Message =
  | { readonly kind: 'listens'; readonly signal: Signal; readonly listener: number }
  | { readonly kind: 'ready' }
  | { readonly kind: 'pong' }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'told'; readonly id: number; readonly error?: string | undefined }

/**
 * Loads a hooks module, whose export (by default `register`) is called with `on` and its parameters, in a thread: one that
 * computes for ever, or ends its thread, stops nothing but itself, and is started anew when it is told the next time.
 * @throws SERVE_HOOKS_FAILED (config) when the module cannot be loaded or registered, or takes longer than `startMs`
 */
export async function openHooks(module: LoadedModule, options: HookOptions): Promise<Hooks> {
  const { clock, log, timeoutMs = 30_000, pongMs = 2000 } = options
  let thread = await startThread(module, options)
  let restarts = 0
  let isClosed = false
  let starting: Promise<Thread> | undefined

  async function living(): Promise<Thread> {
    if (thread.isAlive()) return thread
    starting ??= startThread(module, options).finally(() => {
      starting = undefined
    })
    thread = await starting
    restarts++
    log.warn('hooks.restarted', { module: module.file, restarts })
    return thread
  }

  async function tell(listener: number, payload: unknown): Promise<void> {
    if (isClosed) return
    const told = await living()
    const over = new AbortController()
    // Whoever computes for ever answers no question: that thread is ended, and with it what it was told.
    const watch = watchOver(told, { clock, over: over.signal, pongMs })
    try {
      await Promise.race([told.tell(listener, payload), lateAfter(clock, timeoutMs, over.signal)])
    } finally {
      over.abort()
      await watch
    }
  }

  return {
    get restarts() {
      return restarts
    },
    register(on) {
      for (const { signal, listener } of thread.registered) on(signal, (payload) => tell(listener, payload))
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      await thread.end()
    },
  }
}

async function lateAfter(clock: Clock, limitMs: number, over: AbortSignal): Promise<never> {
  await clock.sleep(limitMs, over)
  throw new Error('it takes too long')
}

interface Thread {
  readonly registered: readonly Registered[]
  isAlive(): boolean
  tell(listener: number, payload: unknown): Promise<void>
  /** Resolves with its answer. */
  ping(): Promise<void>
  end(): Promise<void>
}

async function watchOver(
  thread: Thread,
  { clock, over, pongMs }: { readonly clock: Clock; readonly over: AbortSignal; readonly pongMs: number },
): Promise<void> {
  const passed = (): Promise<'late' | 'over'> =>
    clock.sleep(pongMs, over).then(
      () => 'late' as const,
      () => 'over' as const,
    )
  while ((await passed()) === 'late') {
    const answered = thread.ping().then(() => 'alive' as const)
    const outcome = await Promise.race([answered, passed()])
    if (outcome === 'late') return thread.end()
    if (outcome === 'over') return
  }
}

async function startThread(module: LoadedModule, { clock, startMs = 10_000 }: HookOptions): Promise<Thread> {
  const { url, exportName, parameters } = module
  const worker = new Worker(hooksProgram, {
    eval: true,
    workerData: { url, exportName, parameters, signals: signalNames },
  })
  // The server ends when it is told to, whatever its hooks do.
  worker.unref()
  const registered: Registered[] = []
  const asked = new Map<number, { resolve(): void; reject(error: Error): void }>()
  let pongs: (() => void)[] = []
  let isAlive = true
  let asking = 0

  const ended = (why: string): void => {
    isAlive = false
    for (const { reject } of asked.values()) reject(new Error(why))
    asked.clear()
  }
  const started = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: Message) => {
      if (message.kind === 'listens') registered.push({ signal: message.signal, listener: message.listener })
      else if (message.kind === 'ready') resolve()
      else if (message.kind === 'failed') reject(new Error(message.error))
      else if (message.kind === 'pong') {
        for (const pong of pongs.splice(0)) pong()
      } else settle(asked, message)
    })
    worker.on('error', (error) => {
      ended(error.message)
      reject(error)
    })
    worker.on('exit', () => {
      ended('the thread of the hooks has ended')
      reject(new Error('its thread has ended'))
    })
  })
  const over = new AbortController()
  try {
    await Promise.race([started, lateAfter(clock, startMs, over.signal)])
  } catch (error) {
    await worker.terminate()
    throw hooksFailed(module, error)
  } finally {
    over.abort()
  }
  return {
    registered,
    isAlive: () => isAlive,
    tell: (listener, payload) =>
      new Promise((resolve, reject) => {
        if (!isAlive) return reject(new Error('the thread of the hooks has ended'))
        const id = ++asking
        asked.set(id, { resolve, reject })
        worker.postMessage({ kind: 'tell', id, listener, payload })
      }),
    ping: () =>
      new Promise((resolve) => {
        pongs.push(resolve)
        worker.postMessage({ kind: 'ping' })
      }),
    async end() {
      pongs = []
      ended('the thread of the hooks was ended')
      await worker.terminate()
    },
  }
}

function settle(
  asked: Map<number, { resolve(): void; reject(error: Error): void }>,
  { id, error }: { readonly id: number; readonly error?: string | undefined },
): void {
  const waiting = asked.get(id)
  asked.delete(id)
  if (error === undefined) waiting?.resolve()
  else waiting?.reject(new Error(error))
}

function hooksFailed({ file }: LoadedModule, cause: unknown): StixTaxiiError {
  const why = printable(cause instanceof Error ? cause.message : String(cause), { maxLength: 300 })
  return new StixTaxiiError('SERVE_HOOKS_FAILED', `The hooks of ${file} cannot be started: ${why}`, {
    kind: 'config',
    hint: 'The module exports a function register(on, parameters) that calls on(SIGNAL, listener). See docs/serve-extending.md.',
    cause,
  })
}
