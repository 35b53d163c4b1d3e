import { printable } from './printable.ts'

/** What the operating system refused, in words. */
export interface SystemFault {
  readonly message: string
  readonly hint: string
  readonly context: { readonly errno: string; readonly syscall: string; readonly path: string | undefined }
}

/** Reads an error of Node's that comes from a system call; undefined for every other. */
export function systemFault(thrown: unknown): SystemFault | undefined {
  if (isEntropyFault(thrown)) {
    const hint = 'Look whether /dev/urandom can be read, then run the same command again.'
    return { message: whyOf(thrown), hint, context: { errno: thrown.code, syscall: 'getrandom', path: undefined } }
  }
  if (!(thrown instanceof Error) || !('syscall' in thrown) || !('code' in thrown)) return undefined
  const path = 'path' in thrown ? printable(String(thrown.path)) : undefined
  const errno = String(thrown.code)
  const [why, hint] = faults[errno] ?? [whyOf(thrown), 'Check the path, its owner and its mode.']
  return {
    message: path ? `${path}: ${why}` : `The system refused: ${why}`,
    hint,
    context: { errno, syscall: String(thrown.syscall), path },
  }
}

/**
 * Why a call of the system failed, for a message: `no space left on the disk (ENOSPC)`; of any other error its own words.
 */
export function whyOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  if (isEntropyFault(thrown)) return `the system gave no random numbers (${thrown.code})`
  const errno = 'code' in thrown && /^E[A-Z0-9]+$/.test(String(thrown.code)) ? String(thrown.code) : undefined
  const own = thrown.message.split('\n', 1)[0] ?? ''
  if (errno === undefined) return own
  // Node says `EIO: i/o error, read '/path'` or `listen EACCES: permission denied ADDRESS`, and may have no words at all.
  const words = faults[errno]?.[0] ?? /(?:^|^[a-z]+ )E[A-Z0-9]+: ([^,]+)/.exec(own)?.[1] ?? 'refused by the system'
  return `${words} (${errno})`
}

/** OpenSSL's generator without a source: a sandbox without /dev/urandom, a kernel too old for getrandom. */
function isEntropyFault(thrown: unknown): thrown is Error & { readonly code: string } {
  return thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('ERR_OSSL_RAND_')
}

const faults: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  EACCES: ['permission denied', 'Check the owner and mode of this path.'],
  EPERM: ['not permitted', 'Check the owner and mode of this path.'],
  ENOENT: ['no such file or folder', 'Check the path.'],
  EISDIR: ['is a folder, a file is needed', 'Name a file.'],
  ENOTDIR: ['a part of the path is not a folder', 'Check the path.'],
  ENOSPC: ['no space left on the disk', 'Make room and run the same command again.'],
  EIO: ['the disk or device failed', 'Look at the system log, repair the disk, then run the same command again.'],
  EBUSY: ['in use by another program', 'End what uses it, then run the same command again.'],
  EDQUOT: ['disk quota exceeded', 'Make room and run the same command again.'],
  EROFS: ['the file system is read-only', 'Name another place, for example with STIXTAXII_DATA_DIR.'],
  EMFILE: ['too many open files', 'Raise the limit: ulimit -n'],
  ENFILE: ['too many open files on this machine', 'Close other programs, or raise the limit of the system.'],
  ENOMEM: ['out of memory', 'Close other programs, or fetch less at once with --parallel 1.'],
}
