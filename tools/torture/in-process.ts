import { createReadStream } from 'node:fs'
import path from 'node:path'
import { Readable, Writable } from 'node:stream'
import type { Host, HostInput, HostOutput } from '../../src/cli/host.ts'
import { systemClock } from '../../src/cli/process-host.ts'
import { run } from '../../src/cli/run.ts'

/** What a command line came to. */
export interface Ended {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** The environment of a command: two folders, and no more of this machine than it needs. */
export function environmentOf(home: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    TMPDIR: path.join(home, 'tmp'),
    STIXTAXII_CONFIG_DIR: path.join(home, 'config'),
    STIXTAXII_DATA_DIR: path.join(home, 'data'),
    NO_COLOR: '1',
  }
}

/** Runs a command line undisturbed in this process, which is four times quicker than starting the program. */
export async function runHere(argv: readonly string[], home: string, more: RunMore = {}): Promise<Ended> {
  const [stdout, stderr] = [gather(), gather()]
  const host: Host = {
    environment: { ...environmentOf(home), ...more.env },
    stdin: (more.stdin === undefined ? Readable.from([]) : createReadStream(more.stdin)) as unknown as HostInput,
    stdout: stdout.stream,
    stderr: stderr.stream,
    clock: systemClock,
    workingDirectory: home,
    platform: process.platform,
    homeDirectory: () => home,
    random: Math.random,
    onStop: (listener) => {
      more.onStart?.(() => listener('SIGTERM'))
      return () => undefined
    },
    exitNow: () => undefined,
  }
  const status = await run(argv, host)
  return { status, stdout: stdout.text(), stderr: stderr.text() }
}

export interface RunMore {
  readonly env?: Readonly<Record<string, string>> | undefined
  /** A file. */
  readonly stdin?: string | undefined
  /** Called with what asks the command to stop. */
  readonly onStart?: ((stop: () => void) => void) | undefined
}

function gather(): { readonly stream: HostOutput; readonly text: () => string } {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') }
}
