import { silenceExpectedWarnings } from './expected-warnings.ts'
import { peekOutputFormat } from './global-flags.ts'
import { processHost } from './process-host.ts'
import { reportError } from './report-error.ts'
import { run } from './run.ts'

const argv = process.argv.slice(2)
let isDone = false
silenceExpectedWarnings()

/** What got past every `await`: told like any bug of ours, without a stack that nobody asked for. */
function reportBug(error: unknown): number {
  return reportError(error, {
    format: peekOutputFormat(argv, process.env),
    debug: argv.includes('--debug'),
    colors: false,
    write: (text) => void process.stderr.write(text),
    stoppedBy: undefined,
  })
}

for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    isDone = true
    process.exit(reportBug(error))
  })
}

// Node ends with 0 when nothing is left to wait for, also when a promise we wait for will never settle.
process.on('exit', (status) => {
  if (!isDone && status === 0) process.exitCode = reportBug(new Error('the program ended before its command did'))
})

void run(argv, processHost()).then((status) => {
  isDone = true
  // Everything is written and closed; a connection or timer left over must not keep the shell waiting.
  process.exit(status)
})
