import { z } from 'zod'
import { openServeModules } from '../../serve/configuration/open-modules.ts'
import type { ServerLog } from '../../serve/server-log.ts'
import { startServer } from '../../workflow/open-server.ts'
import { watchSources } from '../../workflow/watch.ts'
import { defineCommand } from '../command.ts'
import { serverFields } from '../server-fields.ts'
import { readServerOptions } from '../server-options.ts'
import { servingLines, servingRecord, servingShape } from '../server-records.ts'
import { loggedFetches, untilStopped } from '../server-run.ts'
import { wantedSources } from '../wanted-sources.ts'
import { watchDependencies } from '../watch-sources.ts'

export const serve = defineCommand({
  path: 'serve',
  summary: 'Serve what is stored as TAXII 1.0, 1.1, 2.0 and 2.1, until stopped',
  details:
    'Without anything said it serves the usual store to this machine, without accounts: every stored collection, read-only. ' +
    'From the first account on (stixtaxii server account create) nobody reads without one. Off this machine it needs a certificate ' +
    '(--tls-certificate, --tls-key), or a proxy in front that speaks TLS (--behind-tls).\n\n' +
    'The log goes to standard error, a JSON object a line. SIGHUP reads the certificate anew and opens the audit log anew; ' +
    'SIGTERM answers what has come and ends with status 0 after at most ten seconds. Several processes may serve one store, ' +
    'and fetch into it meanwhile. A page for people is at /, health at /health/live and /health/ready, Prometheus metrics at /metrics.',
  examples: [
    'stixtaxii serve',
    'stixtaxii serve --fetch --port 0 -o json',
    'stixtaxii serve --host 0.0.0.0 --tls-certificate server.pem --tls-key server.key --audit-log audit.ndjson',
    'stixtaxii serve --behind-tls --public-url https://taxii.example --trusted-proxy 192.0.2.10',
    'stixtaxii serve --config server.yaml --store postgres://stixtaxii@db.example/stixtaxii',
  ],
  input: z.object({
    config: z.string().optional().describe('configuration file (YAML)').meta({ value: 'FILE' }),
    ...serverFields,
    fetch: z.boolean().default(false).describe('keep every enabled source fetched meanwhile, as watch does'),
    parallel: z.number().int().min(1).max(64).default(4).describe('with --fetch: sources fetched at once'),
  }),
  needs: [
    'options',
    'environment',
    'profiles',
    'store',
    'connect',
    'clock',
    'random',
    'notices',
    'terminal',
    'output',
    'signal',
    'onReload',
    'errorLines',
    'workingDirectory',
  ],
  endsBySigterm: true,
  // Requests are given ten seconds; what is open has to be closed after that.
  graceMs: 13_000,
  readsStore: true,
  schema: 'serve',
  async run(input, parts) {
    const { clock, output, signal, terminal } = parts
    const { options, configuration } = await readServerOptions(input, parts)
    const profileStore = input.fetch ? await parts.profiles() : undefined
    if (profileStore) await wantedSources([], profileStore, parts)
    const store = await parts.store()
    const openModules = (log: ServerLog) => openServeModules(configuration, { clock, log, uid: process.getuid?.() })
    const server = await startServer(options, { store, clock, writeLog: parts.errorLines, openModules })
    try {
      for (const line of servingLines(server, store.url)) terminal.note(line)
      server.log.info('started', { url: server.url, host: options.host, port: server.port })
      if (output.format !== 'table') {
        await output.one(servingRecord(server, store.url), servingShape)
        // Who could not be told the address would wait for ever.
        await output.end()
      }
      parts.onReload(
        () => void server.reload().catch((error: unknown) => server.log.error('reload', { error: String(error) })),
      )
      const watched =
        profileStore && watchDependencies(parts, { store, profileStore, onFetched: loggedFetches(server.log) })
      await untilStopped(signal, watched && ((stop) => watchSources(watched, input.parallel, stop)))
    } finally {
      await server.close()
    }
  },
})
