import { setMaxListeners } from 'node:events'
import { cancelled, StixTaxiiError } from '../core/errors.ts'
import { openCheckedStream } from '../output/checked-stream.ts'
import { helpHint, readInput } from './command-input.ts'
import type { CommandRow } from './command.ts'
import { peekOutputFormat } from './global-flags.ts'
import { exitStatusOfSignal, type Host, type StopSignal } from './host.ts'
import { parseCommandLine, type Parsed } from './program.ts'
import { commandRegistry } from './registry.ts'
import { reportError, type ReportContext } from './report-error.ts'
import type { Runtime } from './runtime.ts'
import type { RuntimeSeams } from './create-runtime.ts'

export interface RunOptions extends RuntimeSeams {
  readonly rows?: readonly CommandRow[] | undefined
  /** Parts that take the place of ours. For tests of the wiring. */
  readonly parts?: Partial<Runtime> | undefined
}

/** Between the first stop signal and the hard end. */
const graceMs = 1_500

/** Runs one command line and resolves to the exit status. Never throws: every failure has been told on standard error. */
export async function run(argv: readonly string[], host: Host, options: RunOptions = {}): Promise<number> {
  const stop = watchStop(host)
  let debug = argv.includes('--debug') || Boolean(host.environment.STIXTAXII_DEBUG)
  let colors = host.stderr.isTTY === true && !host.environment.NO_COLOR
  let isMeantEnd = false
  const context = (): ReportContext => ({
    format: peekOutputFormat(argv, host.environment),
    debug,
    colors,
    write: (text) => void host.stderr.write(text),
    stoppedBy: stop.by(),
    isMeantEnd,
  })
  try {
    const parsed = await parseCommandLine(argv, {
      rows: options.rows ?? commandRegistry,
      environment: host.environment,
      columns: host.stdout.columns ?? 80,
    })
    if (parsed.asks === 'command') {
      debug = parsed.options.debug
      if (parsed.options.color !== 'auto') colors = parsed.options.color === 'always'
    }
    const onMeantEnd = (): void => void (isMeantEnd = true)
    return await perform(parsed, host, { ...options, stop, onMeantEnd })
  } catch (error) {
    return reportError(error, context())
  } finally {
    stop.end()
  }
}

interface Performing extends RunOptions {
  readonly stop: Stop
  /** Called when the stop signal was the way this command ends, and it failed while it ended. */
  readonly onMeantEnd: () => void
}

async function perform(parsed: Parsed, host: Host, options: Performing): Promise<number> {
  if (parsed.asks === 'text') {
    const stream = openCheckedStream(host.stdout, 'standard output')
    await stream.write(parsed.text)
    await stream.end()
    return 0
  }
  const { command, typed } = parsed
  if (command.ownFormat && parsed.outputTyped) {
    throw new StixTaxiiError('CLI_OUTPUT_UNUSED', `-o means nothing to "${command.path}": it has a format of its own`, {
      kind: 'usage',
      hint: `Leave -o out. ${helpHint(command.path)}`,
    })
  }
  const input = await readInput(command, typed)
  const { createRuntime } = await import('./create-runtime.ts')
  options.stop.allow(command.graceMs ?? graceMs)
  const opened = createRuntime(host, parsed.options, {
    signal: options.stop.signal,
    onReload: options.stop.onReload,
    openHttp: options.openHttp,
    readsStore: command.readsStore,
    makesNoStore: command.makesNoStore,
  })
  const isMeantEnd = (): boolean => {
    const { endsBySigterm } = command
    const isEnd = typeof endsBySigterm === 'function' ? endsBySigterm(input) : endsBySigterm === true
    return isEnd && options.stop.by() === 'SIGTERM'
  }
  try {
    await command.run(input, partsFor(command.needs, { runtime: opened.runtime, replaced: options.parts }))
  } catch (error) {
    if (isMeantEnd()) options.onMeantEnd()
    // What the command has written goes out before its error does; that error is the one to tell.
    await opened.close().catch(() => undefined)
    throw error
  }
  await opened.close()
  const stoppedBy = options.stop.by()
  if (stoppedBy === undefined || isMeantEnd()) return 0
  // It came to a good end, but not to the one it was started for.
  return exitStatusOfSignal[stoppedBy]
}

/** Getters stay getters: a part that is not asked for is not made. */
function partsFor(
  needs: readonly (keyof Runtime)[],
  from: { readonly runtime: Runtime; readonly replaced: Partial<Runtime> | undefined },
): Runtime {
  const parts = {}
  for (const name of new Set(needs)) {
    Object.defineProperty(parts, name, {
      enumerable: true,
      get: () => (from.replaced && name in from.replaced ? from.replaced : from.runtime)[name],
    })
  }
  return parts as Runtime
}

interface Stop {
  readonly signal: AbortSignal
  readonly by: () => StopSignal | undefined
  /** How long the command may take to end. */
  readonly allow: (ms: number) => void
  readonly onReload: (listener: () => void) => void
  readonly end: () => void
}

/** The first signal asks everything to stop and gives it a moment; a second SIGINT, or the moment's end, ends the process. */
function watchStop(host: Host): Stop {
  const controller = new AbortController()
  // Each request in flight listens; that is no leak.
  setMaxListeners(0, controller.signal)
  let stoppedBy: StopSignal | undefined
  let timer: NodeJS.Timeout | undefined
  let allowedMs = graceMs
  let reload: (() => void) | undefined
  const end = host.onStop((signal) => {
    if (signal === 'SIGHUP' && reload) {
      if (stoppedBy === undefined) reload()
      return
    }
    if (stoppedBy !== undefined) {
      if (signal !== 'SIGHUP') host.exitNow(exitStatusOfSignal[stoppedBy])
      return
    }
    stoppedBy = signal
    const status = exitStatusOfSignal[signal]
    timer = setTimeout(() => host.exitNow(status), allowedMs)
    controller.abort(cancelled())
  })
  return {
    signal: controller.signal,
    by: () => stoppedBy,
    allow: (ms) => (allowedMs = ms),
    onReload: (listener) => (reload = listener),
    end: () => {
      clearTimeout(timer)
      end()
    },
  }
}
