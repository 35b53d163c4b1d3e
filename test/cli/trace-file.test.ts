import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openTraceFile } from '../../src/cli/trace-file.ts'
import { startTaxii1Server } from '../../src/simulate/taxii1-server.ts'
import { runCli, temporaryFolder } from '../support/run-cli.ts'

describe('the trace file', () => {
  it('S6: has one record a line, appended, for its owner only', () => {
    const file = path.join(temporaryFolder(), 'trace.jsonl')
    writeFileSync(file, '{"earlier":true}\n')
    chmodSync(file, 0o644)
    const trace = openTraceFile(file)
    trace.write({ url: 'https://taxii.example/', text: 'a\nb\u009b' })
    trace.write({ status: 200 })
    trace.close()
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { earlier: true },
      { url: 'https://taxii.example/', text: 'a\nb\u009b' },
      { status: 200 },
    ])
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['a folder', '.'],
    ['a folder that is not there', 'no/such/trace.jsonl'],
  ])('says so when it is %s', (_, name) => {
    expect(() => openTraceFile(path.join(temporaryFolder(), name))).toThrow(
      expect.objectContaining({ code: 'CLI_TRACE_FAILED', kind: 'local' }),
    )
  })

  it('L3 on a full disk is told as what it is, not as a server without TAXII', async () => {
    const server = await startTaxii1Server({ collections: [{ name: 'feed', blocks: [] }] })
    const url = server.addresses.discovery ?? server.url
    const { exitCode, stderr } = await runCli(`collections ${url} --trace-http /dev/full`)
    await server.close()
    expect(stderr).toContain('CLI_TRACE_FAILED')
    expect(stderr).not.toContain('No TAXII service')
    expect(exitCode).toBe(11)
  })

  it('says so when the disk is full', () => {
    const trace = openTraceFile('/dev/full')
    expect(() => trace.write({ a: 1 })).toThrow(expect.objectContaining({ code: 'CLI_TRACE_FAILED' }))
  })
})
