import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import type { Composed } from '../export/compose.ts'
import type { SecretReference } from '../profile/profile.ts'
import { readSourceUrl } from '../profile/url.ts'
import { listToken, pushLogpointList, type ListAccess } from '../workflow/push-logpoint-list.ts'
import { contentOf } from '../workflow/write-export.ts'
import type { Runtime } from './runtime.ts'

export interface PushFlags {
  readonly push?: string | undefined
  readonly pushList?: string | undefined
  readonly pushUsername?: string | undefined
  readonly pushKeyFile?: string | undefined
  readonly pushTokenFile?: string | undefined
  readonly pushCa?: string | undefined
  readonly pushPin?: string | undefined
}

type Parts = Pick<Runtime, 'clock' | 'terminal' | 'workingDirectory' | 'credentials' | 'pluginFetch'>

/**
 * Imports the one file of an export into a Logpoint as a static list. An empty list is not sent: Logpoint takes none, and
 * an empty export is a mistake more often than not.
 * @throws EXPORT_PUSH_INCOMPLETE (usage), EXPORT_PUSH_EMPTY (local); what `pushLogpointList` throws
 */
export async function pushList(flags: PushFlags, composed: Composed, parts: Parts): Promise<void> {
  const url = readSourceUrl('--push', flags.push ?? '')
  const { pushList: name } = flags
  if (name === undefined || name === '' || /[\r\n\0"]/.test(name)) {
    throw incomplete(name === undefined ? '--push-list is missing' : `--push-list "${name}" is not valid`)
  }
  const [file] = composed.files
  if (!file || file.count === 0) {
    throw new StixTaxiiError('EXPORT_PUSH_EMPTY', `The list "${name}" would be empty, and was not sent`, {
      kind: 'local',
      hint: 'See what the rules leave out with: stixtaxii indicator list',
      context: { list: name },
    })
  }
  const { openHttp, clock, random, notices, userAgent, trace } = await parts.pluginFetch()
  const token = await listToken(await accessOf(flags, parts), clock)
  await using http = await openHttp({
    origins: [url.origin],
    access: [{ origin: url.origin, pathPrefix: '/', authentication: { scheme: 'bearer', token }, headers: [] }],
    tls: {
      pinnedFingerprint: flags.pushPin,
      insecure: false,
      ca:
        flags.pushCa === undefined
          ? undefined
          : [await readAuthority(path.resolve(parts.workingDirectory, flags.pushCa))],
    },
    userAgent,
    plainHttp: 'refuse',
    trace,
    notices,
    clock,
    random,
  })
  const said = await pushLogpointList(http, { url, name, content: contentOf(file) })
  parts.terminal.note(`The list "${name}" with ${file.count} values is in ${url.host}${said === '' ? '' : `: ${said}`}`)
}

async function accessOf(flags: PushFlags, { credentials, workingDirectory }: Parts): Promise<ListAccess> {
  const resolve = async (file: string, what: string) => {
    const reference: SecretReference = { from: 'path', path: path.resolve(workingDirectory, file) }
    return (await credentials()).resolve(reference, { what })
  }
  if (flags.pushTokenFile !== undefined) return { token: await resolve(flags.pushTokenFile, 'the token for --push') }
  if (flags.pushUsername === undefined || flags.pushKeyFile === undefined) {
    throw incomplete('--push needs a user and its API access key, or a token')
  }
  return { username: flags.pushUsername, accessKey: await resolve(flags.pushKeyFile, 'the API access key for --push') }
}

async function readAuthority(file: string): Promise<Buffer> {
  return readFile(file).catch((cause: unknown) => {
    throw new StixTaxiiError(
      'EXPORT_PUSH_INCOMPLETE',
      `--push-ca ${file} cannot be read: ${(cause as Error).message}`,
      {
        kind: 'usage',
        hint: 'Name a PEM file with the authority of that Logpoint.',
        context: { file },
        cause,
      },
    )
  })
}

function incomplete(message: string): StixTaxiiError {
  return new StixTaxiiError('EXPORT_PUSH_INCOMPLETE', message, {
    kind: 'usage',
    hint: 'Give --push-list NAME with --push-username USER --push-key-file FILE, or with --push-token-file FILE.',
  })
}
