import { constants } from 'node:fs'
import type { Stats } from 'node:fs'
import { lstat, readlink } from 'node:fs/promises'
import { userInfo } from 'node:os'
import path from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'

/** As Linux: who leads in a circle is found out by this many links. */
const mostLinks = 40

/**
 * Where a path leads when its links are followed, also when nothing is there yet.
 *
 * In a folder where everybody can make files and only their owner can remove them (as `/tmp`), a link is followed only if it
 * belongs to us or to the folder's owner: else whoever guesses a name there chooses which of our files is replaced. Linux does
 * the same where `fs.protected_symlinks` is set; not every system has that, and reading a link by itself is not covered.
 * @throws OUTPUT_LINK_REFUSED (refused)
 */
export async function trustedTarget(file: string): Promise<string> {
  const wanted = path.resolve(file)
  const { root } = path.parse(wanted)
  const ahead = partsOf(wanted.slice(root.length))
  let links = 0
  let reached = root
  let folder = await lstat(root)
  for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
    if (part === '..') {
      reached = path.dirname(reached)
      folder = await lstat(reached)
      continue
    }
    const next = path.join(reached, part)
    const entry = await lstatOrAbsent(next)
    if (entry === undefined) return [next, ...ahead].join(path.sep)
    if (!entry.isSymbolicLink()) {
      ;[reached, folder] = [next, entry]
      continue
    }
    if (!isTrusted(entry, folder)) throw refusal(file, next)
    links += 1
    if (links > mostLinks) throw Object.assign(new Error(`${file}: too many links`), { code: 'ELOOP' })
    const words = await readlink(next).catch(orChanged)
    if (words === undefined) {
      ahead.unshift(part)
      continue
    }
    const { root: start } = path.parse(words)
    ahead.unshift(...partsOf(words.slice(start.length)))
    if (start !== '') [reached, folder] = [start, await lstat(start)]
  }
  return reached
}

/** With every `..`, which means the folder above where the links before it have led. */
function partsOf(text: string): string[] {
  return text.split(path.sep).filter((part) => part !== '' && part !== '.')
}

function isTrusted(link: Stats, folder: Stats): boolean {
  const open = constants.S_IWOTH | 0o1000
  if ((folder.mode & open) !== open) return true
  return link.uid === folder.uid || link.uid === ownId()
}

/** Undefined for a user who has a number and no name, as in some containers. */
function ownId(): number | undefined {
  try {
    return userInfo().uid
  } catch {
    return undefined
  }
}

async function lstatOrAbsent(file: string): Promise<Stats | undefined> {
  try {
    return await lstat(file)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw cause
  }
}

/** Undefined where the link is gone, or is no link any more, since it was looked at. */
function orChanged(cause: unknown): undefined {
  if (cause instanceof Error && 'code' in cause && ['ENOENT', 'EINVAL'].includes(String(cause.code))) return undefined
  throw cause
}

function refusal(file: string, link: string): StixTaxiiError {
  return new StixTaxiiError(
    'OUTPUT_LINK_REFUSED',
    `${file} was not written: ${link} is a link that another user made in a folder open to all`,
    {
      kind: 'refused',
      hint: 'Write to a folder of your own, or remove the link after a look at where it leads.',
      context: { file, link },
    },
  )
}
