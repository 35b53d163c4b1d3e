import { startDirectorEmulator } from '../../../src/simulate/director/emulator.ts'
import type { DirectorEmulator, DirectorEmulatorOptions } from '../../../src/simulate/director/emulator.ts'

export const pool = '0123456789abcdef0123456789abcdef'
export const logpoint = 'fedcba9876543210fedcba9876543210'
export const on = `/configapi/${pool}/${logpoint}`
export const sources = 'PluginConfiguration/StixTaxiiEnrichmentSource'

/** The body of create and edit as the guide has it. */
export function aSource(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    st_enable_source: true,
    discovery_url: 'https://feed.example/taxii2/',
    fetch_interval: 2,
    fetch_interval_unit: 'Days',
    begin: 20,
    begin_unit: 'Days',
    st_proxy: { status: false, ip: '127.0.0.1', protocol: 'http', port: 22 },
    ssl_mode: { ssl_status: false, key_pass: '12345' },
    file_location: 'public',
    files: { cert_file: 'client.crt', cert_key: 'client.key' },
    stix_version: '2',
    basic_auth_mode: { username: 'guest', basic_auth_status: false, password: 'guest-password' },
    ...changes,
  }
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: unknown
  /** Of an envelope. */
  readonly message: string
}

export interface TestDirector extends DirectorEmulator {
  call(method: string, path: string, data?: unknown): Promise<Answer>
  upload(path: string, name: string, content: Uint8Array, form?: { readonly part: string }): Promise<Answer>
  /** Reads the order that an answer announced. */
  order(answer: Answer): Promise<Answer>
}

/** An emulator whose Logpoints have the plugin, and the simplest client that there can be. */
export async function aDirector(options: DirectorEmulatorOptions = {}): Promise<TestDirector> {
  const emulator = await startDirectorEmulator({ plugin: 'StixTaxii_6.1.0.pak', token: 'the-token', ...options })
  const authorization = 'Bearer the-token'
  const send = async (method: string, path: string, init: RequestInit): Promise<Answer> => {
    const headers = { authorization, ...(init.headers as Record<string, string>) }
    const response = await fetch(emulator.url + path, { method, redirect: 'manual', ...init, headers })
    const text = await response.text()
    const json = read(text)
    return { status: response.status, headers: response.headers, text, json, message: messageOf(json) }
  }
  return {
    ...emulator,
    call: (method, path, data) =>
      send(
        method,
        path,
        data === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ data }) },
      ),
    upload(path, name, content, form) {
      if (!form) {
        const headers = { file_name: name, 'content-type': 'application/octet-stream' }
        return send('POST', path, { headers, body: content as Uint8Array<ArrayBuffer> })
      }
      const body = new FormData()
      body.append(form.part, new Blob([content as Uint8Array<ArrayBuffer>]), name)
      return send('POST', path, { body })
    },
    order: ({ message }) => send('GET', message.startsWith('/') ? message : `/${message}`, {}),
  }
}

function read(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const messageOf = (json: unknown): string => String((json as { message?: unknown } | undefined)?.message)
