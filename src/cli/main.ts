import { processHost } from './process-host.ts'
import { reportError } from './report-error.ts'
import { run } from './run.ts'

const host = processHost()
let isDone = false

// Node ends with 0 when nothing is left to wait for, also when a promise we wait for will never settle.
process.on('exit', (status) => {
  if (isDone || status !== 0) return
  process.exitCode = reportError(new Error('the program ended before its command did'), {
    format: 'table',
    debug: false,
    colors: false,
    write: (text) => void process.stderr.write(text),
    stoppedBy: undefined,
  })
})

void run(process.argv.slice(2), host).then((status) => {
  isDone = true
  // Everything is written and closed; a connection or timer left over must not keep the shell waiting.
  process.exit(status)
})
