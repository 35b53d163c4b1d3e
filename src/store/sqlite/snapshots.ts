import type { Connection } from './binding.ts'

/** Connections for readers that await in between: what one of them sees does not change under it. */
export interface Snapshots {
  run<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result>
  /** Waits for those that are reading. */
  close(): Promise<void>
}

const mostAtOnce = 4

export function newSnapshots(open: () => Promise<Connection>): Snapshots {
  const idle: Connection[] = []
  const waiting: (() => void)[] = []
  const working = new Set<Promise<unknown>>()
  let inUse = 0

  async function taken(): Promise<Connection> {
    if (inUse >= mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    else inUse++
    return idle.pop() ?? (await open())
  }

  /** Hands the turn on to whoever waits for one. */
  function give(): void {
    const next = waiting.shift()
    if (next) next()
    else inUse--
  }

  async function run<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    try {
      const connection = await taken()
      try {
        connection.exec('BEGIN')
        return await work(connection)
      } finally {
        // A connection that cannot even end what it read is not used again.
        if (ended(connection)) idle.push(connection)
      }
    } finally {
      give()
    }
  }

  return {
    run(work) {
      const result = run(work)
      working.add(result)
      const done = () => working.delete(result)
      result.then(done, done)
      return result
    },
    async close() {
      await Promise.allSettled([...working])
      for (const connection of idle.splice(0)) connection.close()
    },
  }
}

function ended(connection: Connection): boolean {
  try {
    connection.exec('ROLLBACK')
    return true
  } catch {
    connection.close()
    return false
  }
}
