import { describe, expect, it } from 'vitest'
import type { Taxii2Options } from '../../../src/simulate/taxii2-options.ts'
import { startTaxii2Server } from '../../../src/simulate/taxii2-server.ts'
import { schemaProblems } from '../../support/json-schema.ts'
import { certificateFolder, hasOpenssl } from '../../http/certificates.ts'
import { runCli } from '../../support/run-cli.ts'
import type { CliResult } from '../../support/run-cli.ts'

interface Check {
  readonly check: string
  readonly source: string | null
  readonly status: 'ok' | 'warn' | 'fail'
  readonly message: string
  readonly fix: string | null
}

const object = {
  type: 'indicator',
  spec_version: '2.1',
  id: 'indicator--00000000-0000-4000-8000-000000000001',
  created: '2026-01-01T00:00:00.000Z',
  modified: '2026-01-01T00:00:00.000Z',
}

async function examined(
  options: Taxii2Options,
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult & { checks: readonly Check[]; find: (check: string) => Check | undefined }> {
  const server = await startTaxii2Server({ collections: [{ id: 'c1', objects: [object] }], ...options })
  try {
    const result = await runCli('doctor -o json', { env: { STIXTAXII_URL: server.discoveryUrl, ...env } })
    const checks = JSON.parse(result.stdout) as Check[]
    expect(schemaProblems('doctor', checks)).toEqual([])
    return { ...result, checks, find: (check) => checks.find((each) => each.check === check) }
  } finally {
    await server.close()
  }
}

describe('doctor', () => {
  it('looks at machine, store and source, and ends with 0 when nothing fails', async () => {
    const { exitCode, checks, find } = await examined({})
    expect(exitCode).toBe(0)
    expect(checks.filter((check) => check.status === 'fail')).toEqual([])
    expect(checks.map((check) => check.check)).toEqual(
      expect.arrayContaining([
        'node',
        'proxy',
        'profiles',
        'store',
        'lock',
        'name',
        'version',
        'login',
        'collections',
        'clock',
      ]),
    )
    expect(find('version')).toMatchObject({ status: 'ok', message: 'TAXII 2.1', source: 'environment' })
    expect(find('added_after')).toMatchObject({ status: 'ok', message: 'Honoured by "c1"' })
  })

  it('T4 marks a source that ignores added_after', async () => {
    const { exitCode, find } = await examined({ ignoresAddedAfter: true })
    expect(exitCode).toBe(0)
    expect(find('added_after')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('ignores added_after') as string,
    })
  })

  it('T10 says how far the clocks are apart', async () => {
    const { exitCode, find } = await examined({ now: () => new Date(Date.now() - 3 * 3_600_000) })
    expect(exitCode).toBe(0)
    expect(find('clock')).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(/10(79|80)\d s ahead of/) as string,
    })
  })

  it('ends with the status of what fails, and names the fix', async () => {
    const { exitCode, find, stderr } = await examined({
      authentication: { scheme: 'basic', username: 'ann', password: 'right' },
    })
    expect(exitCode).toBe(4)
    expect(find('login')).toMatchObject({ status: 'fail', fix: expect.any(String) as string })
    expect(stderr).toContain('WORKFLOW_DOCTOR_FAULT')
  })

  it('names a collection that is not offered', async () => {
    const { exitCode, checks } = await examined({}, { STIXTAXII_COLLECTION: 'c2' })
    expect(exitCode).toBe(5)
    expect(checks.find((check) => check.status === 'fail')).toMatchObject({
      check: 'collections',
      message: expect.stringContaining('"c2"') as string,
    })
  })

  it('warns of a variable that switches verification off', async () => {
    const { find } = await examined({}, { NODE_TLS_REJECT_UNAUTHORIZED: '0' })
    expect(find('tls environment')).toMatchObject({ status: 'warn', fix: 'unset NODE_TLS_REJECT_UNAUTHORIZED' })
  })

  it('S3: warns of a file to which Node writes the keys of every connection', async () => {
    const { find } = await examined({}, { NODE_OPTIONS: '--max-old-space-size=200 --tls-keylog=/tmp/keys' })
    expect(find('tls keys')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('--tls-keylog') as string,
    })
    expect((await examined({})).find('tls keys')).toBeUndefined()
  })

  it('says that a name cannot be resolved before anything is tried', async () => {
    const { exitCode, stdout } = await runCli('doctor -o json', {
      env: { STIXTAXII_URL: 'https://nowhere.invalid/taxii2/' },
    })
    expect(exitCode).toBe(7)
    const failed = (JSON.parse(stdout) as Check[]).filter((check) => check.status === 'fail')
    expect(failed).toMatchObject([{ check: 'name', source: 'environment' }])
  })

  it('without a profile says how to begin, and is no failure', async () => {
    const { exitCode, stdout } = await runCli('doctor -o json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toContainEqual(
      expect.objectContaining({ check: 'profiles', status: 'warn', fix: 'stixtaxii configure' }),
    )
  })

  it('for a profile that is not there ends as not found', async () => {
    expect(await runCli('doctor nobody')).toMatchObject({ exitCode: 5 })
  })

  it.skipIf(!hasOpenssl)('N16 says when a certificate ends, and that an unknown authority is refused', async () => {
    const authority = certificateFolder().authority('authority')
    const soon = new Date(Date.now() + 5 * 86_400_000).toISOString().replace(/[-:T]/g, '').slice(0, 14)
    const { cert, key } = authority.issue('server', { notAfter: `${soon}Z` })
    const tls = { key: key.toString(), cert: cert.toString() }
    const known = await examined({ tls }, { STIXTAXII_CA: authority.certFile })
    expect(known.find('certificate')).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(/Ends in [45] days/) as string,
    })
    expect(known.find('version')).toMatchObject({ status: 'ok' })
    const unknown = await examined({ tls })
    expect(unknown.exitCode).toBe(13)
    expect(unknown.find('identity')).toMatchObject({ status: 'fail', fix: expect.stringContaining('--ca') as string })
  })
})
