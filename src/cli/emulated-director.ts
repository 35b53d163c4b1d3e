import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import { redactUrl } from '../core/redact.ts'
import { whyOf } from '../core/system-fault.ts'
import { writeNewFile } from './new-file.ts'
import type { OutputRecord, Shape } from '../output/writer.ts'
import { describeObject } from '../stix/describe.ts'
import type { FetchedSource, FetchSource } from '../simulate/director/plugin-fetches.ts'
import type { EmulatedPool } from '../simulate/director/pools.ts'
import type { RecordedRequest } from '../simulate/director/record.ts'
import { fetchAsPlugin } from '../workflow/plugin-fetch.ts'
import type { PluginFetchDependencies } from '../workflow/plugin-fetch.ts'

/**
 * The pools of `--pool NAME[=ID]` and `--logpoint POOL/NAME[=ID]`; undefined without any. An identifier that is left out is
 * made of the name, always the same.
 * @throws CLI_EMULATED_POOL (usage)
 */
export function emulatedPools(pools: readonly string[], logpoints: readonly string[]): EmulatedPool[] | undefined {
  if (pools.length + logpoints.length === 0) return undefined
  const made = new Map<string, { id: string; name: string; logpoints: { id: string; name: string }[] }>()
  for (const text of pools) {
    const { name, id } = namedId('--pool', text, /^[^/=]+$/)
    made.set(name, { id, name, logpoints: [] })
  }
  for (const text of logpoints) {
    const { name, id } = namedId('--logpoint', text, /^[^/=]+\/[^/=]+$/)
    const [poolName = '', own = ''] = name.split('/')
    const pool = made.get(poolName) ?? { id: idOf(poolName), name: poolName, logpoints: [] }
    made.set(poolName, pool)
    pool.logpoints.push({ id, name: own })
  }
  return [...made.values()]
}

function namedId(flag: string, text: string, form: RegExp): { name: string; id: string } {
  const at = text.indexOf('=')
  const name = at === -1 ? text : text.slice(0, at)
  const id = at === -1 ? idOf(text) : text.slice(at + 1)
  if (form.test(name) && /^[A-Za-z0-9_-]{8,64}$/.test(id)) return { name, id }
  throw new StixTaxiiError('CLI_EMULATED_POOL', `${flag} "${text}" is not valid`, {
    kind: 'usage',
    hint: `Write ${flag === '--pool' ? 'NAME' : 'POOL/NAME'}, or with =IDENTIFIER of 8 to 64 letters and digits behind it.`,
    context: { flag, value: text },
  })
}

const idOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 32)

/**
 * The token of a file's first line. A file that is not there is made, with a new token, for its owner only.
 * @throws CLI_EMULATOR_TOKEN (config)
 */
export async function emulatorToken(file: string, workingDirectory: string): Promise<string> {
  const path = resolve(workingDirectory, file)
  try {
    const made = randomBytes(24).toString('base64url')
    const isNew = await writeNewFile(path, `${made}\n`, 0o600).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        // A folder that may not be written can hold a file that may be read.
        if (['EEXIST', 'EACCES', 'EROFS', 'EPERM'].includes(error.code ?? '')) return false
        throw error
      },
    )
    if (isNew) return made
    const [token = ''] = (await readFile(path, 'utf8')).split(/\r?\n/, 1)
    if (/^\S+$/.test(token)) return token
    throw new Error('its first line is no token')
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message
    throw new StixTaxiiError('CLI_EMULATOR_TOKEN', `The token file ${path} cannot be used: ${whyOf(cause)}`, {
      kind: 'config',
      hint: 'Name a file whose first line is the token, or one that is not there yet.',
      context: { path, reason },
      cause,
    })
  }
}

/** The plugin's own fetch, through our client: entries are what came, each id once. */
export function emulatedFetch(dependencies: () => Promise<PluginFetchDependencies>): FetchSource {
  return async (configured, signal) => {
    const ids = new Set<string>()
    await fetchAsPlugin(configured, await dependencies(), signal, (page) => {
      for (const item of page.items) {
        const described = item.kind === 'block' ? item : describeObject(item.raw)
        if ('id' in described) ids.add(described.id)
      }
    })
    return { entries: ids.size }
  }
}

/** A request as a line for a person. */
export function requestLine({ at, method, path, call, status }: RecordedRequest): string {
  return `${at.slice(0, 19)}Z ${method} ${path} ${status ?? 'torn'}${call === undefined ? '' : ` ${call}`}`
}

/** A fetch of the plugin as a line for a person. */
export function fetchLine({ discoveryUrl, logpoint, source, entries, error }: FetchedSource, now: Date): string {
  const what = error === null ? `${entries} entries` : `failed: ${error}`
  return `${now.toISOString().slice(0, 19)}Z source ${source} of ${logpoint} fetched ${redactUrl(discoveryUrl)}: ${what}`
}

export interface Emulated {
  readonly url: string
  /** Of its certificate, with TLS; and the file that it is in, where there is one. */
  readonly fingerprint: string | undefined
  readonly certificate: string | undefined
  readonly pools: readonly EmulatedPool[] | undefined
  readonly tokenFile: string | undefined
  readonly stateFolder: string | undefined
  readonly record: string | undefined
}

/** What is told of a Director that has started. */
export function emulatedRecord(emulated: Emulated): OutputRecord {
  const { url, fingerprint, certificate, pools, tokenFile, stateFolder, record } = emulated
  return {
    url,
    configure: configureLine(emulated),
    fingerprint: fingerprint ?? null,
    certificate: certificate ?? null,
    pools: pools ?? [],
    tokenFile: tokenFile ?? null,
    stateFolder: stateFolder ?? null,
    record: record ?? null,
  }
}

function configureLine({ url, fingerprint, certificate, pools = [], tokenFile }: Emulated): string {
  const words = ['stixtaxii configure director emulated', `--url ${url}`, `--token-file ${quote(tokenFile ?? 'FILE')}`]
  if (certificate !== undefined) words.push(`--ca ${quote(certificate)}`)
  // A certificate that vouches for itself has to be at hand to be trusted; the pin says which it is.
  else if (fingerprint !== undefined) words.push(`--insecure --yes --pin ${fingerprint}`)
  for (const { name = '', id, logpoints } of pools) {
    words.push(`--pool ${quote(`${name}=${id}`)}`)
    for (const logpoint of logpoints) words.push(`--logpoint ${quote(`${name}/${logpoint.name ?? ''}=${logpoint.id}`)}`)
  }
  return words.join(' ')
}

const quote = (text: string): string => (/^[\w./=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

export const emulatedShape: Shape = {
  columns: [
    { field: 'url', head: 'URL', long: 'whole' },
    { field: 'configure', head: 'Configure', long: 'whole' },
    { field: 'fingerprint', head: 'Fingerprint' },
    { field: 'certificate', head: 'Certificate' },
    { field: 'tokenFile', head: 'Token file' },
    { field: 'stateFolder', head: 'State folder' },
    { field: 'record', head: 'Record' },
  ],
  name: 'url',
}
