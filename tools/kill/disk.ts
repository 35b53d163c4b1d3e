import path from 'node:path'
import type { DiskCall } from './disk-calls.ts'

/** What is below a folder: bytes by name; undefined is a folder. */
export type Contents = ReadonlyMap<string, Buffer | undefined>

/** A disk with a cache before it: what was synced is on it, of all else a part may be. */
export interface Disk {
  take(call: DiskCall): void
  /** As a running system sees it. */
  seen(): Contents
  /**
   * As it may be found when the power goes now. Of what was not synced, each block of 4 KiB is there or not, the last one up
   * to a sector in its middle; of names, which a journal keeps in order, the first few changes. `share` is how much of it is
   * there, 0 to 1; default: drawn.
   */
  cut(random: () => number, share?: number): Contents
}

/** Bytes put at an offset, or the size that was set. */
type Change = { readonly at: number; readonly data: Buffer } | { readonly size: number }

interface Thing {
  readonly isFolder: boolean
  synced: Buffer
  pending: Change[]
}

/** Names that change together. */
type Renaming = readonly (readonly [name: string, thing: Thing | undefined])[]

const block = 4_096
const sector = 512

/** A disk on which `contents` are synced. */
export function newDisk(contents: Contents): Disk {
  const synced = new Map<string, Thing>()
  for (const [name, bytes] of [['', undefined] as const, ...contents]) synced.set(name, aThing(bytes))
  let renamings: Renaming[] = []
  const open = new Map<number, { thing: Thing; name: string; position: number; appends: boolean }>()

  const names = (count = renamings.length): Map<string, Thing> => {
    const all = new Map(synced)
    for (const [name, thing] of renamings.slice(0, count).flat()) {
      if (thing === undefined) all.delete(name)
      else all.set(name, thing)
    }
    return all
  }
  const opened = (fd: number) => {
    const file = open.get(fd)
    if (file === undefined) throw new Error(`descriptor ${fd} was never opened`)
    return file
  }

  function takeOpen({ fd, name, flags }: Extract<DiskCall, { kind: 'open' }>): void {
    let thing = names().get(name)
    if (thing === undefined) renamings.push([[name, (thing = aThing(Buffer.alloc(0)))]])
    else if (flags.has('O_TRUNC')) thing.pending.push({ size: 0 })
    open.set(fd, { thing, name, position: 0, appends: flags.has('O_APPEND') })
  }

  function takeWrite({ fd, data, at }: Extract<DiskCall, { kind: 'write' }>): void {
    const file = opened(fd)
    if (file.appends) file.position = contentOf(file.thing.synced, file.thing.pending).length
    file.thing.pending.push({ at: at ?? file.position, data })
    if (at === undefined) file.position += data.length
  }

  function takeSync(fd: number): void {
    const { thing, name } = opened(fd)
    if (!thing.isFolder) {
      thing.synced = contentOf(thing.synced, thing.pending)
      thing.pending = []
      return
    }
    const isHere = (changed: string): boolean => changed !== '' && folderOf(changed) === name
    const count = renamings.findLastIndex((renaming) => renaming.some(([changed]) => isHere(changed))) + 1
    const now = names(count)
    synced.clear()
    for (const [each, there] of now) synced.set(each, there)
    renamings = renamings.slice(count)
  }

  const moved = (from: string): Thing => {
    const thing = names().get(from)
    if (thing === undefined) throw new Error(`${from} was never made`)
    if (thing.isFolder) throw new Error(`${from}: what a folder that is renamed leaves is not known`)
    return thing
  }

  return {
    take(call) {
      if (call.kind === 'open') takeOpen(call)
      else if (call.kind === 'write') takeWrite(call)
      else if (call.kind === 'resize') opened(call.fd).thing.pending.push({ size: call.size })
      else if (call.kind === 'sync') takeSync(call.fd)
      else if (call.kind === 'folder') renamings.push([[call.name, aThing(undefined)]])
      else if (call.kind === 'remove') renamings.push([[call.name, undefined]])
      else if (call.kind === 'link') renamings.push([[call.to, moved(call.from)]])
      else {
        renamings.push([
          [call.to, moved(call.from)],
          [call.from, undefined],
        ])
      }
    },
    seen: () => contentsOf(names(), (thing) => contentOf(thing.synced, thing.pending)),
    cut(random, given) {
      const share = given ?? shares[Math.floor(random() * shares.length)] ?? random()
      const there = names(Math.round(renamings.length * (share === 0 || share === 1 ? share : random())))
      return contentsOf(there, (thing) => contentOf(thing.synced, keptOf(thing.pending, share, random)))
    },
  }
}

/** How much of what was not synced is there: nothing, all but the end, half, or any share. */
const shares: readonly (number | undefined)[] = [0, 1, 0.5, undefined]

const folderOf = (name: string): string => (path.dirname(name) === '.' ? '' : path.dirname(name))

const aThing = (bytes: Buffer | undefined): Thing => ({
  isFolder: bytes === undefined,
  synced: bytes ?? Buffer.alloc(0),
  pending: [],
})

function contentsOf(names: ReadonlyMap<string, Thing>, read: (thing: Thing) => Buffer): Contents {
  const contents = new Map<string, Buffer | undefined>()
  for (const [name, thing] of names) if (name !== '') contents.set(name, thing.isFolder ? undefined : read(thing))
  return contents
}

function contentOf(synced: Buffer, changes: readonly Change[]): Buffer {
  let length = synced.length
  let bytes = Buffer.from(synced)
  for (const change of changes) {
    const end = 'size' in change ? change.size : change.at + change.data.length
    if (end > bytes.length) bytes = Buffer.concat([bytes], Math.max(end, bytes.length * 2))
    if ('size' in change) {
      // What a file had beyond its end is not there again when it grows.
      bytes.fill(0, Math.min(length, change.size))
      length = change.size
    } else {
      change.data.copy(bytes, change.at)
      length = Math.max(length, end)
    }
  }
  return bytes.subarray(0, length)
}

/** A part of the changes, block by block. */
function keptOf(changes: readonly Change[], share: number, random: () => number): readonly Change[] {
  const blocks = changes.flatMap(blocksOf)
  return blocks.flatMap((change, index): Change[] => {
    if (random() >= share) return []
    if (index < blocks.length - 1 || 'size' in change) return [change]
    const sectors = Math.floor((random() * change.data.length) / sector)
    return [{ at: change.at, data: change.data.subarray(0, sectors * sector) }]
  })
}

function blocksOf(change: Change): Change[] {
  if ('size' in change) return [change]
  const blocks: Change[] = []
  for (let from = 0; from < change.data.length;) {
    const to = Math.min(change.data.length, from + block - ((change.at + from) % block))
    blocks.push({ at: change.at + from, data: change.data.subarray(from, to) })
    from = to
  }
  return blocks
}
