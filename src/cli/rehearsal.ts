import path from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { openCheckedStream } from '../output/checked-stream.ts'
import type { Host, HostOutput, StopSignal } from './host.ts'
import type { GlobalOptions } from './runtime.ts'
import { wantsColors } from './terminal.ts'

/** How a text of `show` looks where there are colours. */
export type ShowStyle = 'plain' | 'title' | 'command' | 'good' | 'dim'

/** Other command lines run inside this process as if someone typed them, for a demonstration. */
export interface Rehearsal {
  /**
   * Runs a command line with configuration and data below `folder`; everything it writes goes to standard output. `stop`
   * is a Ctrl-C. Answers its exit status.
   */
  run(
    argv: readonly string[],
    options: { readonly folder: string; readonly stop?: AbortSignal | undefined },
  ): Promise<number>
  /** Writes text between the commands, line feed included by the caller. */
  show(text: string, style?: ShowStyle): Promise<void>
}

/** Columns of what commands write where standard output is no terminal. */
const usualColumns = 80

/** Makes the rehearsal on the streams of `host`; a stop of our own process stops the command that runs. */
export function createRehearsal(host: Host, options: Pick<GlobalOptions, 'color'>, stopped: AbortSignal): Rehearsal {
  const colors = wantsColors(options.color, host.stdout.isTTY, host.environment)
  const checked = openCheckedStream(host.stdout, 'standard output')
  const streams = (): Pick<Host, 'stdout' | 'stderr'> => {
    const columns = Math.min(host.stdout.columns ?? usualColumns, 120)
    const stream = (isTTY: boolean): HostOutput =>
      Object.assign(
        new Writable({ write: (chunk: Buffer, _, done) => void checked.write(chunk).then(() => done(), done) }),
        isTTY ? { isTTY, columns } : {},
      )
    return { stdout: stream(true), stderr: stream(false) }
  }
  return {
    async run(argv, { folder, stop }) {
      const { run } = await import('./run.ts')
      let endHard: (status: number) => void = () => undefined
      const hardEnd = new Promise<number>((resolve) => (endHard = resolve))
      const nested: Host = {
        ...host,
        ...streams(),
        stdin: new PassThrough().end(),
        environment: environmentIn(host, folder),
        workingDirectory: folder,
        homeDirectory: () => folder,
        onStop: (listener) => listenTo([stopped, ...(stop ? [stop] : [])], listener),
        exitNow: endHard,
      }
      return Promise.race([run([...argv, '--color', colors ? 'always' : 'never'], nested), hardEnd])
    },
    async show(text, style = 'plain') {
      const { Chalk } = await import('chalk')
      const paint = new Chalk({ level: colors ? 1 : 0 })
      const looks = {
        plain: (plain: string) => plain,
        title: paint.bold.cyan,
        command: paint.bold,
        good: paint.green,
        dim: paint.dim,
      }
      await checked.write(text.replaceAll(/[^\n]+/g, (line) => looks[style](line)))
    },
  }
}

// Our own variables would reach into the rehearsal; everything else stays as it is.
function environmentIn({ environment }: Host, folder: string): Host['environment'] {
  const others = Object.entries(environment).filter(([name]) => !name.startsWith('STIXTAXII_'))
  return {
    ...Object.fromEntries(others),
    STIXTAXII_CONFIG_DIR: path.join(folder, 'config'),
    STIXTAXII_DATA_DIR: path.join(folder, 'data'),
  }
}

function listenTo(signals: readonly AbortSignal[], listener: (signal: StopSignal) => void): () => void {
  const stop = (): void => listener('SIGINT')
  for (const signal of signals) {
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  }
  return () => {
    for (const signal of signals) signal.removeEventListener('abort', stop)
  }
}
