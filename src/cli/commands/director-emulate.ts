import { resolve } from 'node:path'
import { z } from 'zod'
import { startDirectorEmulator } from '../../simulate/director/emulator.ts'
import { namedFaults, parseFaults } from '../../simulate/director/named-faults.ts'
import { openRecordFile } from '../../simulate/director/record.ts'
import { keptSelfSigned, selfSigned } from '../../simulate/self-signed.ts'
import { defineCommand } from '../command.ts'
import {
  emulatedFetch,
  emulatedPools,
  emulatedRecord,
  emulatedShape,
  emulatorToken,
  fetchLine,
  requestLine,
} from '../emulated-director.ts'

const own = { environment: false } as const

export const directorEmulate = defineCommand({
  path: 'director emulate',
  summary: 'Run a Director on this machine, to rehearse with',
  details:
    'All calls of the plugin, with state, on loopback only. Its plugin really fetches: each enabled source is fetched when it ' +
    'is created or edited and by its interval, with the fields that the plugin has, so that the fetch status shows true ' +
    'figures. Without --pool, whatever pools and Logpoints are asked for are made; without --token-file any token is taken. ' +
    'The first line says its URL, the next how to make a profile for it. SIGTERM ends it cleanly.\n\n' +
    'The state folder holds the passwords of sources in clear text, readable by you alone.',
  examples: [
    'stixtaxii director emulate --token-file token.txt --pool acme --logpoint acme/lp1',
    'stixtaxii director emulate --port 8443 --tls --state-folder director --record requests.ndjson',
    'stixtaxii director emulate --fault order-pending=3 --fault list-stale',
    'stixtaxii director emulate --pool acme --logpoint acme/lp1 --logpoint acme/lp2 --fault co-managed@acme/lp2',
    'stixtaxii director emulate --list-faults',
  ],
  input: z.object({
    port: z.number().int().min(0).max(65_535).default(0).describe('port on loopback; 0 is any that is free').meta(own),
    stateFolder: z
      .string()
      .optional()
      .describe('keep the state there; default: in memory')
      .meta({ ...own, value: 'DIR' }),
    tokenFile: z
      .string()
      .optional()
      .describe('only the token in its first line is taken; made where it is missing')
      .meta({ ...own, value: 'FILE' }),
    tls: z.boolean().default(false).describe('https, with a certificate that vouches for itself'),
    pool: z
      .array(z.string())
      .default([])
      .describe('a pool and its identifier')
      .meta({ ...own, value: 'NAME[=ID]' }),
    logpoint: z
      .array(z.string())
      .default([])
      .describe('a Logpoint and its identifier')
      .meta({ ...own, value: 'POOL/NAME[=ID]' }),
    plugin: z
      .string()
      .optional()
      .describe('every Logpoint has the plugin of this package from the start')
      .meta({ ...own, value: 'PACKAGE' }),
    fault: z
      .array(z.string())
      .default([])
      .describe('misbehave in this way; @ and a Logpoint or call: only there')
      .meta({ ...own, value: 'NAME[=N][@WHERE]' }),
    listFaults: z.boolean().default(false).describe('list the faults there are, and end'),
    record: z
      .string()
      .optional()
      .describe('append each request as a line of JSON, secrets as ***')
      .meta({ ...own, value: 'FILE' }),
    fetch: z.boolean().default(true).describe('the plugin does not fetch'),
  }),
  needs: ['clock', 'output', 'pluginFetch', 'signal', 'terminal', 'workingDirectory'],
  endsBySigterm: true,
  schema: 'director-emulate',
  async run(input, parts) {
    const { clock, output, pluginFetch, signal, terminal, workingDirectory } = parts
    if (input.listFaults)
      return output.list(
        namedFaults.map(({ name, count, summary }) => ({ name, n: count ?? null, summary })),
        faultShape,
      )
    const absolute = (path: string | undefined): string | undefined => path && resolve(workingDirectory, path)
    const [stateFolder, tokenFile, record] = [input.stateFolder, input.tokenFile, input.record].map(absolute)
    const pools = emulatedPools(input.pool, input.logpoint)
    const faults = parseFaults(input.fault, pools)
    const token = tokenFile && (await emulatorToken(tokenFile, workingDirectory))
    const tls = !input.tls
      ? undefined
      : stateFolder
        ? await keptSelfSigned(stateFolder, clock.now())
        : selfSigned(clock.now())
    const file =
      record && openRecordFile(record, (reason) => terminal.warn(`${record} can be written no more: ${reason}`))
    const emulator = await startDirectorEmulator({
      port: input.port,
      clock,
      token,
      tls,
      pools,
      plugin: input.plugin,
      stateFolder,
      faults,
      fetchSource: input.fetch ? emulatedFetch(pluginFetch) : undefined,
      remembers: 0,
      onRecord(request) {
        if (file) file.write(request)
        terminal.note(requestLine(request))
      },
      onFetched: (told) => terminal.note(fetchLine(told, clock.now())),
    })
    try {
      const { url } = emulator
      const { fingerprint, file: certificate } = tls ?? {}
      const told = { url, fingerprint, certificate, pools, tokenFile, stateFolder, record }
      await output.one(emulatedRecord(told), emulatedShape)
      // Who could not be told the address would wait for ever.
      await output.end()
      await aborted(signal)
    } finally {
      await emulator.close()
      if (file) file.close()
    }
  },
})

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}

const faultShape = {
  columns: [
    { field: 'name', head: 'Fault', long: 'whole' },
    { field: 'n', head: 'N', align: 'right' },
    { field: 'summary', head: 'What happens', long: 'wrap' },
  ],
  name: 'name',
} as const
