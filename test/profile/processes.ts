import type { Clock } from '../../src/core/ports.ts'
import type { ProcessTable } from '../../src/profile/lock.ts'

/** The real processes of this machine. */
export const realProcesses: ProcessTable = {
  pid: process.pid,
  uid: process.geteuid?.(),
  isRunning(pid) {
    try {
      process.kill(pid, 0)
      return true
    } catch {
      return false
    }
  },
}

/** The real time, for tests with more than one process. */
export const realClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}
