import { basename, dirname, join, resolve } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import { systemFault, whyOf } from '../core/system-fault.ts'
import type { Lock, StateFile } from '../provision/state.ts'
import type { Runtime } from './runtime.ts'

type Parts = Pick<Runtime, 'options' | 'clock' | 'folders' | 'workingDirectory'>

/** The state of `plan`, `apply` and `director source`: `--state FILE`, else in the data folder. Nothing is read yet. */
export async function openProvisionState(parts: Parts): Promise<StateFile> {
  const { openState } = await import('../provision/state.ts')
  return openState(await ownName(statePath(parts)), { lock: stateLock(parts) })
}

function statePath({ options, folders, workingDirectory }: Omit<Parts, 'clock'>): string {
  return options.state === undefined ? join(folders.data, 'state.json') : resolve(workingDirectory, options.state)
}

/** Where a link leads: beside its name there would be a second lock and a second journal, and a write would replace the link. */
async function ownName(file: string): Promise<string> {
  const { realpath } = await import('node:fs/promises')
  const found = await realpath(file).catch(() => undefined)
  if (found !== undefined) return found
  const folder = await realpath(dirname(file)).catch(() => undefined)
  return folder === undefined ? file : join(folder, basename(file))
}

/** The lock beside the state file, which a kill releases. */
function stateLock({ options, clock }: Pick<Parts, 'options' | 'clock'>): Lock {
  return async (file, work) => {
    const [{ withLock }, { processTable }, { mkdir }] = await Promise.all([
      import('../profile/lock.ts'),
      import('./process-table.ts'),
      import('node:fs/promises'),
    ])
    const lock = `${file}.lock`
    let working = false
    try {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      return await withLock(lock, { clock, processes: processTable, timeoutMs: options.lockTimeoutMs }, () => {
        working = true
        return work()
      })
    } catch (error) {
      if (working) throw error
      if (error instanceof StixTaxiiError && error.code === 'PROFILE_LOCKED') throw stateLocked(file, lock, error)
      throw error instanceof Error && systemFault(error) ? unlockable(file, error) : error
    }
  }
}

function stateLocked(file: string, lock: string, held: StixTaxiiError): StixTaxiiError {
  const { pid, host, since } = held.context
  const holder = `process ${String(pid)} on ${String(host).split(' ', 1)[0] ?? ''} since ${String(since)}`
  return new StixTaxiiError('CLI_STATE_LOCKED', `The state ${file} is in use by ${holder}`, {
    kind: 'conflict',
    hint: `Wait for it to end, or longer with --lock-timeout 5m. If it runs no more, remove ${lock}.`,
    context: { ...held.context, state: file, path: lock },
    cause: held,
  })
}

function unlockable(file: string, cause: Error): StixTaxiiError {
  return new StixTaxiiError(
    'CLI_STATE_UNWRITABLE',
    `Nothing can be written beside the state ${file}: ${whyOf(cause)}`,
    {
      kind: 'local',
      hint: 'Make its folder writable, or name another state with --state FILE.',
      context: { path: file },
      cause,
    },
  )
}
