import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { runProgram, type Ended, type ProgramRun } from '../campaign/program.ts'

/** Everything by which a program changes what is on the disk; a name that this processor does not have is skipped. */
const changing = [
  ...['write', 'pwrite64', 'writev', 'pwritev', 'fsync', 'fdatasync', 'ftruncate', 'truncate', 'fallocate'],
  ...['rename', 'renameat', 'renameat2', 'unlink', 'unlinkat', 'link', 'linkat', 'symlink', 'symlinkat', 'rmdir'],
  ...['open', 'openat', 'creat', 'mkdir', 'mkdirat', 'chmod', 'fchmod', 'fchmodat', 'copy_file_range', 'sendfile'],
]

/** A system call at which a program can be killed: before it is carried out. */
export interface KillPoint {
  readonly call: string
  /** Its number among the calls of this name in its thread, from 1. */
  readonly number: number
  /** Its line of the trace, shortened, without the folder. */
  readonly what: string
}

export interface Traced {
  readonly ended: Ended
  /** Lines of strace's output. */
  readonly lines: readonly string[]
}

/** Throws an Error that names strace when it is not there or may not trace. */
export async function needStrace(): Promise<void> {
  await promisify(execFile)('strace', ['-f', '-o', '/dev/null', '-e', 'trace=write', 'true']).catch(
    (cause: unknown) => {
      throw new Error('this campaign needs strace: apt-get install strace (and leave to trace processes)', { cause })
    },
  )
}

/** Threads of Node's file calls beside the main one are one thread, whose calls are numbered from here on. */
const poolOffset = 500

/**
 * Both the main thread and libuv's change files, and strace numbers the calls of each thread from 1: the other one's are
 * moved out of the way, so that a number means one call.
 */
const shiftPool = `data:text/javascript,${encodeURIComponent(
  `import { open } from 'node:fs/promises'
for (let i = 0; i < ${poolOffset}; i++) { const f = await open('/dev/null', 'w'); await f.write('x'); await f.close() }`,
)}`

/** Runs the program under strace, which writes to `traceFile`; `inject` is the text of one `--inject`. */
export async function runTraced(
  run: ProgramRun,
  traceFile: string,
  how: { readonly inject?: string | undefined; readonly wholeData?: boolean | undefined } = {},
): Promise<Traced> {
  const trace = `trace=${changing.map((name) => `?${name}`).join(',')}`
  const data = how.wholeData ? ['-xx', '-s', '16777216'] : ['-s', '0']
  const inject = how.inject === undefined ? [] : [`--inject=${how.inject}`]
  const ended = await runProgram({
    ...run,
    under: ['strace', '-f', '-qq', '-y', ...data, '-e', trace, '-e', 'signal=none', ...inject, '-o', traceFile],
    nodeArguments: ['--import', shiftPool],
    env: { ...run.env, UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' },
  })
  return { ended, lines: (await readFile(traceFile, 'latin1')).split('\n') }
}

/** The calls of a trace that change something below `folder`, in order. */
export function killPointsOf(lines: readonly string[], folder: string): readonly KillPoint[] {
  const counts = new Map<string, number>()
  const points: KillPoint[] = []
  for (const line of lines) {
    const [, thread, call, rest] = /^(\d+) +([a-z0-9_]+)\((.*)$/.exec(line) ?? []
    if (thread === undefined || call === undefined || rest === undefined) continue
    const number = (counts.get(`${thread} ${call}`) ?? 0) + 1
    counts.set(`${thread} ${call}`, number)
    // Where it was started is no part of what a relative name means.
    if (!rest.replaceAll(/AT_FDCWD<[^>]*>/g, '').includes(folder)) continue
    if (/^(open|openat|creat)$/.test(call) && !/O_CREAT|O_TRUNC/.test(rest)) continue
    points.push({ call, number, what: shortened(`${call}(${rest}`, folder) })
  }
  return points
}

/** Kills the program as it makes that call. */
export const killAt = ({ call, number }: KillPoint): string => `${call}:signal=SIGKILL:when=${number}`

function shortened(text: string, folder: string): string {
  return text.replaceAll(folder, '').replaceAll('AT_FDCWD<>', '').slice(0, 120)
}
