import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { StixTaxiiError } from '../../core/errors.ts'
import { whyOf } from '../../core/system-fault.ts'
import { emptyFabric, fabricSchema } from './state.ts'
import type { Fabric } from './state.ts'

/** Where the emulated Fabric lives between two starts. */
export interface StateKeeper {
  readonly fabric: Fabric
  /**
   * Resolves once everything that was changed before the call is durable.
   * @throws SIMULATE_STATE_FAILED (local); SIMULATE_STATE_SHARED (conflict) when another emulator has written there.
   */
  save(): Promise<void>
}

/** A Fabric that is gone when the process ends. */
export function keepInMemory(): StateKeeper {
  return { fabric: emptyFabric(), save: () => Promise.resolve() }
}

const fileName = 'director.json'

/**
 * A Fabric in a file of a folder, which is made where it is missing (0700, the file 0600: it holds the clear passwords of
 * sources). A reader, a kill or a power cut sees the old or the new state, whole.
 * @throws SIMULATE_STATE_DAMAGED (config), SIMULATE_STATE_FAILED (local)
 */
export async function keepInFolder(folder: string): Promise<StateKeeper> {
  const file = path.join(folder, fileName)
  const fabric = await readFabric(folder, file)
  let mark = await markOf(file)
  let writing: Promise<void> | undefined
  let next: Promise<void> | undefined
  let kept = textOf(fabric)
  const write = (): Promise<void> => {
    const text = textOf(fabric)
    if (text === kept) return Promise.resolve()
    writing = replaceFile(file, text, mark)
      .then((made) => {
        mark = made
        kept = text
      })
      .finally(() => (writing = undefined))
    return writing
  }
  return {
    fabric,
    // Many requests at once share one write: that which begins after the last of them.
    save() {
      if (writing === undefined) return write()
      next ??= writing
        .catch(() => undefined)
        .then(() => {
          next = undefined
          return write()
        })
      return next
    },
  }
}

async function readFabric(folder: string, file: string): Promise<Fabric> {
  let text: string
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return emptyFabric()
    throw failed(file, cause)
  }
  try {
    return fabricSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new StixTaxiiError('SIMULATE_STATE_DAMAGED', `${file} is not the state of an emulated Director`, {
      kind: 'config',
      hint: 'Name another folder, or remove that file to begin with an empty Director.',
      context: { file },
      cause,
    })
  }
}

const textOf = (fabric: Fabric): string => JSON.stringify(fabric, undefined, 1)

/** Which writing of a file is there; undefined for none. */
async function markOf(file: string): Promise<string | undefined> {
  const there = await stat(file, { bigint: true }).catch(() => undefined)
  return there && `${there.ino} ${there.mtimeNs}`
}

async function replaceFile(file: string, text: string, mark: string | undefined): Promise<string | undefined> {
  let draft: string | undefined
  try {
    draft = `${file}.${randomUUID()}.tmp`
    if ((await markOf(file)) !== mark) throw shared(file)
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
    return await markOf(file)
  } catch (cause) {
    if (draft !== undefined) await rm(draft, { force: true }).catch(() => undefined)
    throw cause instanceof StixTaxiiError ? cause : failed(file, cause)
  }
}

function shared(file: string): StixTaxiiError {
  return new StixTaxiiError('SIMULATE_STATE_SHARED', `${file} was changed by somebody else`, {
    kind: 'conflict',
    hint: 'Give each emulator a folder of its own.',
    context: { file },
  })
}

function failed(file: string, cause: unknown): StixTaxiiError {
  const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
  return new StixTaxiiError('SIMULATE_STATE_FAILED', `${file} cannot be used: ${whyOf(cause)}`, {
    kind: 'local',
    hint: 'Name a folder that you may write, on a disk with room.',
    context: { file, reason },
    cause,
  })
}
