import { printable } from './printable.ts'

/** What the operating system refused, in words. */
export interface SystemFault {
  readonly message: string
  readonly hint: string
  readonly context: { readonly errno: string; readonly syscall: string; readonly path: string | undefined }
}

/** Reads an error of Node's that comes from a system call; undefined for every other. */
export function systemFault(thrown: unknown): SystemFault | undefined {
  if (!(thrown instanceof Error) || !('syscall' in thrown) || !('code' in thrown)) return undefined
  const path = 'path' in thrown ? printable(String(thrown.path)) : undefined
  const errno = String(thrown.code)
  const [why, hint] = faults[errno] ?? [errno, 'Check the path, its owner and its mode.']
  return {
    message: path ? `${path}: ${why}` : `The system refused: ${why}`,
    hint,
    context: { errno, syscall: String(thrown.syscall), path },
  }
}

const faults: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  EACCES: ['permission denied', 'Check the owner and mode of this path.'],
  EPERM: ['not permitted', 'Check the owner and mode of this path.'],
  ENOENT: ['no such file or folder', 'Check the path.'],
  EISDIR: ['is a folder, a file is needed', 'Name a file.'],
  ENOTDIR: ['a part of the path is not a folder', 'Check the path.'],
  ENOSPC: ['no space left on the disk', 'Make room and run the same command again.'],
  EDQUOT: ['disk quota exceeded', 'Make room and run the same command again.'],
  EROFS: ['the file system is read-only', 'Name another place, for example with STIXTAXII_DATA_DIR.'],
  EMFILE: ['too many open files', 'Raise the limit: ulimit -n'],
  ENFILE: ['too many open files on this machine', 'Close other programs, or raise the limit of the system.'],
  ENOMEM: ['out of memory', 'Close other programs, or fetch less at once with --parallel 1.'],
}
