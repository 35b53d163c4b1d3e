import { openAtomicFile } from '../output/atomic-file.ts'
import type { WatchedSource } from './watch.ts'

/** What a health file says, as JSON: for a probe that looks at `status`, and at how old `updatedAt` is. */
export interface Health {
  readonly status: 'ok' | 'failing' | 'stopped'
  readonly pid: number
  readonly startedAt: string
  readonly updatedAt: string
  readonly sources: readonly {
    readonly source: string
    readonly status: 'ok' | 'failing' | 'fetching' | 'waiting'
    readonly lastAttempt: string | null
    readonly lastSuccess: string | null
    readonly next: string
    readonly failures: number
    readonly error: { readonly code: string; readonly kind: string; readonly message: string } | null
  }[]
}

/** How a watch stands now. */
export function healthOf(
  sources: readonly WatchedSource[],
  facts: { readonly pid: number; readonly startedAt: Date; readonly now: Date; readonly stopped: boolean },
): Health {
  const failing = sources.some((source) => source.error !== null)
  return {
    status: facts.stopped ? 'stopped' : failing ? 'failing' : 'ok',
    pid: facts.pid,
    startedAt: facts.startedAt.toISOString(),
    updatedAt: facts.now.toISOString(),
    sources: sources.map((source) => ({
      source: source.profile.name,
      status: statusOf(source),
      lastAttempt: source.lastAttempt?.toISOString() ?? null,
      lastSuccess: source.lastSuccess?.toISOString() ?? null,
      next: source.next.toISOString(),
      failures: source.failures,
      error: source.error && { code: source.error.code, kind: source.error.kind, message: source.error.message },
    })),
  }
}

function statusOf(source: WatchedSource): Health['sources'][number]['status'] {
  if (source.fetching) return 'fetching'
  if (source.error) return 'failing'
  return source.lastSuccess ? 'ok' : 'waiting'
}

/** Replaces the file as a whole, so that a probe never reads half of it. @throws OUTPUT_FILE_FAILED (local) */
export async function writeHealthFile(path: string, health: Health): Promise<void> {
  const file = await openAtomicFile(path)
  try {
    await file.write(Buffer.from(`${JSON.stringify(health, null, 2)}\n`))
    await file.commit()
  } finally {
    await file.discard()
  }
}
