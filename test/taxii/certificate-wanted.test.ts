import { expect, it } from 'vitest'
import { startLoopback } from '../../src/simulate/loopback-server.ts'
import { connectTaxii } from '../../src/taxii/connect.ts'
import { StixTaxiiError } from '../../src/core/errors.ts'
import { anHttp } from '../http/an-http.ts'

const page = (title: string): Buffer => Buffer.from(`<html><head><title>${title}</title></head><body></body></html>`)

/** What connecting ends with at a server that answers everything so, and how often it was asked. */
async function endAt(version: 'auto' | '2.1' | '1.1', status: number, title: string) {
  await using server = await startLoopback(() => ({
    status,
    headers: { 'content-type': 'text/html', server: 'nginx' },
    body: page(title),
  }))
  await using opened = anHttp(server.url)
  const settings = { url: new URL('/taxii2/', server.url), version }
  const dependencies = { http: opened.http, clock: opened.clock, notices: () => undefined }
  try {
    const client = await connectTaxii(settings, dependencies)
    await client.collections()
  } catch (error) {
    if (error instanceof StixTaxiiError) return { error, asked: server.requests.length }
    throw error
  }
  throw new Error('connected')
}

it.each(['auto', '2.1', '1.1'] as const)(
  'N16: nginx asks for our certificate in HTTP, with status 400, which is a matter of access (%s)',
  async (version) => {
    const { error, asked } = await endAt(version, 400, '400 No required SSL certificate was sent')

    expect(error).toMatchObject({ code: 'TAXII_CERTIFICATE_WANTED', kind: 'auth' })
    expect(error.message).toContain('asks for a client certificate (HTTP 400)')
    expect(error.hint).toContain('--certificate')
    expect(asked).toBeLessThanOrEqual(3)
  },
)

it.each(['auto', '2.1', '1.1'] as const)('N16: nginx does not like our certificate (%s)', async (version) => {
  const { error } = await endAt(version, 400, '400 The SSL certificate error')

  expect(error).toMatchObject({ code: 'TAXII_CERTIFICATE_WANTED', kind: 'auth' })
  expect(error.message).toContain('does not accept our client certificate')
})

it.each([
  [400, '400 Bad Request'],
  [400, '400 The plain HTTP request was sent to HTTPS port'],
  [404, '400 No required SSL certificate was sent'],
])('a page of status %i that is called "%s" is no such complaint', async (status, title) => {
  const { error } = await endAt('2.1', status, title)

  expect(error.code).not.toBe('TAXII_CERTIFICATE_WANTED')
})
