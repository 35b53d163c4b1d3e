import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { closeAll, type Closers } from '../core/close-all.ts'
import type { Http } from '../core/ports.ts'
import type { HttpOptions } from '../http/options.ts'
import { openCheckedStream } from '../output/checked-stream.ts'
import { openWriter } from '../output/open-writer.ts'
import type { OutputWriter, WriterOptions } from '../output/writer.ts'
import { findFolders } from './folders.ts'
import type { Host, HostOutput } from './host.ts'
import { createNotices } from './notices.ts'
import { openProfiles } from './open-profiles.ts'
import { processTable } from './process-table.ts'
import { createProgress } from './progress.ts'
import { createRehearsal } from './rehearsal.ts'
import type { GlobalOptions, Runtime } from './runtime.ts'
import { sparingHttp } from './sparing-http.ts'
import { createTerminal, wantsColors } from './terminal.ts'
import { openTraceFile } from './trace-file.ts'
import { version } from './version.ts'

export interface OpenedRuntime {
  readonly runtime: Runtime
  /** Closes what was opened, in reverse, and waits until everything is written. @throws OUTPUT_FAILED, OUTPUT_CLOSED */
  close(): Promise<void>
}

/** What tests of the wiring put in the place of a room. */
export interface RuntimeSeams {
  readonly openHttp?: ((options: HttpOptions) => Http) | undefined
}

/** What the command says of itself. */
interface CommandTraits {
  readonly signal: AbortSignal
  /** Takes SIGHUP for reloading instead of stopping. */
  readonly onReload?: Runtime['onReload'] | undefined
  /** `Command.readsStore`. */
  readonly readsStore?: boolean | undefined
  /** `Command.makesNoStore`. */
  readonly makesNoStore?: boolean | undefined
}

/** Makes the parts of the program for one run. Nothing is opened, and no package loaded, before a command asks. */
export function createRuntime(
  host: Host,
  options: GlobalOptions,
  {
    signal,
    onReload = () => undefined,
    openHttp: givenHttp,
    readsStore = false,
    makesNoStore = readsStore,
  }: RuntimeSeams & CommandTraits,
): OpenedRuntime {
  const closers: Closers = []
  const { clock, environment, workingDirectory } = host

  const progress = once(() => {
    const colors = wantsColors(options.color, host.stderr.isTTY, environment)
    const canDraw = host.stderr.isTTY === true && environment.TERM !== 'dumb'
    const made = createProgress({ stream: host.stderr, clock, quiet: options.quiet, canDraw, colors })
    closers.push(() => made.close())
    return made
  })
  const terminal = createTerminal(host, options, { signal, progress })
  const write = (text: string): void => progress().interrupt(() => void host.stderr.write(text))
  const notices = createNotices(terminal, { format: options.output, quiet: options.quiet, write })
  const folders = findFolders(host)

  const writer = (stream: HostOutput, name: string): OutputWriter => {
    const made = openWriter(options.output, writerOptions(stream, name))
    closers.unshift(() => made.end())
    return made
  }
  const writerOptions = (stream: HostOutput, name: string): WriterOptions => ({
    stream: openCheckedStream(stream, name),
    note: (line) => terminal.note(line),
    ...(stream.isTTY ? { columns: stream.columns ?? 80 } : {}),
    colors: wantsColors(options.color, stream.isTTY, environment),
  })
  const output = once(() => writer(host.stdout, 'standard output'))
  const errorOutput = once(() => writer(host.stderr, 'standard error'))

  const rehearsal = once(() => createRehearsal(host, options, signal))

  const profiles = once(() => openProfiles({ folders, clock, environment, workingDirectory }))
  const credentials = once(async () => {
    const { openCredentials } = await import('../profile/credentials/credentials.ts')
    return openCredentials({
      directory: () => folders.config,
      clock,
      processes: processTable,
      environment,
      terminal,
      notices,
      passphraseFile: options.passphraseFile && resolve(workingDirectory, options.passphraseFile),
    })
  })
  const storeUrl = options.store ?? join(folders.data, 'store.sqlite')
  const openStoreAt: Runtime['openStoreAt'] = async (url = storeUrl, { create = true, unfinished = false } = {}) => {
    const { openStore } = await import('../store/registry.ts')
    const opened = await openStore(url, {
      ...{ clock, identity: { pid: process.pid, host: hostname() }, notices, create, unfinished },
      postgres: {
        passwordFile: options.storePasswordFile && resolve(workingDirectory, options.storePasswordFile),
        passFile: environment.PGPASSFILE || undefined,
      },
    })
    closers.push(async () => opened[Symbol.asyncDispose]())
    return opened
  }
  const store = once(async () => {
    // The usual place is empty on a new machine; a place that was named and is not there is a slip.
    const opened = await openStoreAt(storeUrl, { create: !makesNoStore || options.store === undefined })
    if (readsStore && (await opened.sources()).length === 0) {
      notices({
        code: 'CLI_STORE_EMPTY',
        message: `Nothing is stored yet in ${opened.url}. Begin with: stixtaxii fetch, or: stixtaxii import FILE`,
      })
    }
    return opened
  })

  const trace = once(() => {
    if (options.traceHttp === undefined) return undefined
    const file = openTraceFile(resolve(workingDirectory, options.traceHttp))
    closers.push(() => file.close())
    return file.write
  })
  const sparing = sparingHttp()
  const connectTo: Runtime['connect'] = async (profile, stop) => {
    const [{ openSource }, { openHttp }, { connectTaxii }, { findPreset }, { resolveSrv }] = await Promise.all([
      import('../workflow/open-source.ts'),
      import('../http/open.ts'),
      import('../taxii/connect.ts'),
      import('../taxii/presets/registry.ts'),
      import('node:dns/promises'),
    ])
    const opened = await openSource(
      profile,
      {
        credentials: await credentials(),
        environment,
        clock,
        random: host.random,
        notices,
        userAgent: `stixtaxii/${version}`,
        trace: trace(),
        openHttp: givenHttp ?? ((given) => sparing(openHttp(given))),
        connectTaxii: (settings, parts, signal) => connectTaxii(settings, { ...parts, resolveSrv }, signal),
        findPreset,
      },
      stop,
    )
    return opened
  }

  const connectDirector: Runtime['connectDirector'] = async (profile) => {
    const [{ openDirector }, { openHttp }, { createDirectorClient }] = await Promise.all([
      import('../workflow/open-director.ts'),
      import('../http/open.ts'),
      import('../director/open-client.ts'),
    ])
    return openDirector(profile, {
      credentials: await credentials(),
      environment,
      clock,
      random: host.random,
      notices,
      userAgent: `stixtaxii/${version}`,
      trace: trace(),
      openHttp: givenHttp ?? ((given) => sparing(openHttp(given))),
      createClient: createDirectorClient,
    })
  }

  const pluginFetch: Runtime['pluginFetch'] = async () => {
    const [{ openHttp }, { connectTaxii }] = await Promise.all([
      import('../http/open.ts'),
      import('../taxii/connect.ts'),
    ])
    const userAgent = `stixtaxii/${version}`
    const parts = { clock, random: host.random, notices, userAgent, trace: trace() }
    return { openHttp: givenHttp ?? ((given) => sparing(openHttp(given))), connectTaxii, ...parts }
  }

  const runtime: Runtime = {
    options,
    clock,
    terminal,
    get output() {
      return output()
    },
    get errorOutput() {
      return errorOutput()
    },
    get progress() {
      return progress()
    },
    errorLines: write,
    notices,
    signal,
    onReload,
    environment,
    stdin: host.stdin,
    workingDirectory,
    folders,
    random: host.random,
    get rehearsal() {
      return rehearsal()
    },
    profiles,
    credentials,
    store,
    openStoreAt,
    connect: connectTo,
    connectDirector,
    pluginFetch,
  }
  return { runtime, close: () => closeAll(closers) }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
