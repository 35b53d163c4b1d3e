import { randomUUID } from 'node:crypto'
import { StixTaxiiError } from '../core/errors.ts'
import type { Clock, Http } from '../core/ports.ts'
import { printable } from '../core/printable.ts'
import { Secret } from '../core/secret.ts'

/** How we show Logpoint who we are: a token made elsewhere, or a user and its API access key to make one with. */
export type ListAccess = { readonly token: Secret } | { readonly username: string; readonly accessKey: Secret }

export interface ListPush {
  /** The Logpoint's own address. */
  readonly url: URL
  /** Name of the static list; one of that name is replaced. */
  readonly name: string
  /** The values, one a line. */
  readonly content: AsyncIterable<Buffer>
}

/** Life of a token made for one push, in seconds. */
const tokenSeconds = 600

/**
 * The token that the User-defined Lists API takes: signed by ourselves with the user's API access key.
 * @see Logpoint API Reference, Accessing the Logpoint APIs, Creating a JSON Web Token
 */
export async function listToken(access: ListAccess, clock: Clock): Promise<Secret> {
  if ('token' in access) return access.token
  const { SignJWT } = await import('jose')
  const now = Math.floor(clock.now().getTime() / 1000)
  const token = await new SignJWT({ scope: 'search:write' })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer('self-signed')
    .setSubject(access.username)
    .setIssuedAt(now)
    .setExpirationTime(now + tokenSeconds)
    .sign(Buffer.from(Secret.open(access.accessKey)))
  return new Secret(token)
}

/**
 * Imports a static list into a Logpoint. The transport carries the token; the request is sent once. Answers what Logpoint
 * said, or nothing.
 * @throws EXPORT_PUSH_REFUSED (auth, remote), EXPORT_PUSH_FAILED (network, remote)
 * @see Logpoint API Reference, User-defined Lists API, Import Static List
 */
export async function pushLogpointList(http: Http, push: ListPush): Promise<string> {
  const { contentType, body } = await formOf(push)
  return http.exchange(
    {
      method: 'POST',
      url: new URL('/UserDefinedList/import_api', push.url),
      headers: { 'content-type': contentType },
      body,
    },
    async (response) => {
      const text = printable((await response.text()).trim(), { maxLength: 300 })
      if (response.status >= 200 && response.status < 300) return text
      throw refusal(response.status, text, push)
    },
  )
}

async function formOf({ name, content }: ListPush): Promise<{ contentType: string; body: Uint8Array }> {
  const boundary = `stixtaxii-${randomUUID()}`
  const part = (disposition: string): string => `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n`
  const file = `name="package_import"; filename="${fileNameOf(name)}.txt"\r\nContent-Type: text/plain; charset=utf-8`
  const chunks: Uint8Array[] = [Buffer.from(`${part('name="package_import_name"')}\r\n${name}\r\n${part(file)}\r\n`)]
  for await (const chunk of content) chunks.push(chunk)
  chunks.push(Buffer.from(`\r\n--${boundary}--\r\n`))
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(chunks) }
}

function fileNameOf(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]+/g, '_')
}

function refusal(status: number, text: string, { url, name }: ListPush): StixTaxiiError {
  const context = { status, url: url.origin, list: name }
  if (status === 401 || status === 403) {
    return new StixTaxiiError('EXPORT_PUSH_REFUSED', `${url.host} refused the list "${name}" with ${status}: ${text}`, {
      kind: 'auth',
      hint: 'Check the user name and its API access key (My Preferences, API Access Key), and that it may import lists.',
      context,
    })
  }
  return new StixTaxiiError('EXPORT_PUSH_FAILED', `${url.host} did not take the list "${name}" (${status}): ${text}`, {
    kind: status >= 500 || status === 429 ? 'network' : 'remote',
    hint: 'A list needs a name that Logpoint takes and at least one value; 404 means that this Logpoint has no lists API.',
    context,
  })
}
