import type { ProcessTable } from '../profile/lock.ts'

/** This process and whether others run, for locks and file checks of the profile room. */
export const processTable: ProcessTable = {
  pid: process.pid,
  uid: process.geteuid?.(),
  isRunning(pid) {
    try {
      process.kill(pid, 0)
      return true
    } catch (error) {
      // EPERM: it runs, but is not ours.
      return (error as NodeJS.ErrnoException).code === 'EPERM'
    }
  },
}
