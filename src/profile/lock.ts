import { randomUUID } from 'node:crypto'
import { link, readFile, readlink, rename, unlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { StixTaxiiError } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'

/** What the profile room needs to know of processes; the porch gives it. */
export interface ProcessTable {
  readonly pid: number
  /** Effective user id; undefined where the system has none. */
  readonly uid: number | undefined
  /** Whether a process of this number runs on this machine, whoever owns it. */
  isRunning(pid: number): boolean
}

export interface LockOptions {
  readonly clock: Clock
  readonly processes: ProcessTable
  /** Default 10 s: nobody holds such a lock for longer than one small write. */
  readonly timeoutMs?: number | undefined
}

interface Holder {
  readonly nonce: string
  readonly pid: number
  readonly host: string
  /** Kernel's start time of the process where it is told, so that a reused pid is not taken for the holder. */
  readonly started: string
  readonly since: string
}

/**
 * Runs `work` while this process alone holds the lock file at `path`; a lock left behind by a killed process is taken over
 * at once.
 *
 * The file appears by `link` with its content complete. A dead holder's lock is replaced only while holding a second lock
 * named after that holder's nonce, and only if the first still names it, so two takers cannot both win.
 * @throws PROFILE_LOCKED (conflict) with pid, host and start of a living holder after the time-out;
 *   PROFILE_LOCK_UNSUPPORTED (local) where the file system has no hard links.
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const mine = await describeSelf(options)
  await acquire(path, mine, options, options.clock.monotonicMs() + (options.timeoutMs ?? 10_000))
  try {
    return await work()
  } finally {
    await release(path, mine)
  }
}

async function acquire(path: string, mine: Holder, options: LockOptions, deadline: number): Promise<void> {
  for (;;) {
    if (await place(path, mine)) return
    const holder = await readHolder(path)
    if (holder === undefined) continue
    if (await isAlive(holder, mine, options.processes)) {
      if (options.clock.monotonicMs() >= deadline) throw stillHeld(path, holder)
      await options.clock.sleep(2 + Math.random() * 10)
      continue
    }
    if (await takeOver(path, holder, mine, options, deadline)) return
  }
}

async function takeOver(
  path: string,
  dead: Holder,
  mine: Holder,
  options: LockOptions,
  deadline: number,
): Promise<boolean> {
  const breaker = `${path}.${dead.nonce}`
  await acquire(breaker, mine, options, deadline)
  try {
    const current = await readHolder(path)
    if (current?.nonce !== dead.nonce) return false
    const replacement = `${path}.new-${mine.nonce}`
    try {
      await writeFile(replacement, JSON.stringify(mine), { mode: 0o600 })
      await rename(replacement, path)
    } catch (error) {
      await unlink(replacement).catch(() => undefined)
      throw error
    }
    return true
  } finally {
    await release(breaker, mine)
  }
}

async function place(path: string, mine: Holder): Promise<boolean> {
  const draft = `${path}.new-${mine.nonce}`
  try {
    await writeFile(draft, JSON.stringify(mine), { mode: 0o600 })
    await link(draft, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(error))) {
      throw new StixTaxiiError('PROFILE_LOCK_UNSUPPORTED', `The file system of ${path} has no hard links for a lock`, {
        kind: 'local',
        hint: 'Put the configuration on an ordinary local file system and name it in STIXTAXII_CONFIG_DIR.',
        cause: error,
      })
    }
    throw error
  } finally {
    await unlink(draft).catch(() => undefined)
  }
}

async function release(path: string, mine: Holder): Promise<void> {
  // A lock that cannot be read says nothing of the work, which is done; whoever comes next takes it over from the dead.
  const holder = await readHolder(path)
    .catch(() => readHolder(path))
    .catch(() => undefined)
  if (holder?.nonce === mine.nonce) await unlink(path).catch(() => undefined)
}

/** Undefined when there is no lock any more; a file that is no lock of ours counts as a dead holder's. */
async function readHolder(path: string): Promise<Holder | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const value = JSON.parse(text) as Partial<Holder>
    if (typeof value.nonce === 'string' && /^[0-9a-f-]{36}$/.test(value.nonce) && typeof value.pid === 'number') {
      return { host: '', started: '', since: '', ...value } as Holder
    }
  } catch {
    // Falls through: a power cut can leave an empty lock file.
  }
  return { nonce: 'unreadable', pid: 0, host: hostname(), started: '', since: '' }
}

async function isAlive(holder: Holder, mine: Holder, processes: ProcessTable): Promise<boolean> {
  if (holder.nonce === 'unreadable') return false
  // A holder on another machine or in another container cannot be looked up: believe it until the time-out.
  if (holder.host !== mine.host) return true
  if (!processes.isRunning(holder.pid)) return false
  return holder.started === '' || holder.started === (await startOf(holder.pid))
}

async function describeSelf({ clock, processes }: LockOptions): Promise<Holder> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '')
  return {
    nonce: randomUUID(),
    pid: processes.pid,
    host: `${hostname()}${namespace ? ` ${namespace}` : ''}`,
    started: await startOf(processes.pid),
    since: clock.now().toISOString(),
  }
}

/** Field 22 of Linux's stat line, counted after the name in parentheses, which may hold blanks. */
async function startOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function stillHeld(path: string, holder: Holder): StixTaxiiError {
  return new StixTaxiiError(
    'PROFILE_LOCKED',
    `The configuration is being written by process ${holder.pid} on ${holder.host.split(' ')[0]} since ${holder.since}`,
    {
      kind: 'conflict',
      hint: `Wait for it to end. If it runs no more, remove ${path}.`,
      context: { pid: holder.pid, host: holder.host, since: holder.since, path },
    },
  )
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}
