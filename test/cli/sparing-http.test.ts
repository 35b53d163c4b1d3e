import { describe, expect, it } from 'vitest'
import { sparingHttp } from '../../src/cli/sparing-http.ts'
import { fakeHttp } from '../support/fake-http.ts'

const url = new URL('https://taxii.example/taxii2/')
const off = ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']
const on = ['--wasm-tier-up', '--wasm-dynamic-tiering']

describe('F4: the HTTP parser is left unoptimised', () => {
  it('from the first request of the process to the head of its answer, and never again', async () => {
    const flags: string[] = []
    const sparing = sparingHttp((flag) => flags.push(flag))
    const http = sparing(fakeHttp([{ url: url.href }, { url: url.href }]))
    const seen = await http.exchange({ method: 'GET', url }, async () => [...flags])
    expect(seen).toEqual([...off, ...on])
    const before = flags.length
    await http.exchange({ method: 'GET', url }, async () => undefined)
    await sparing(fakeHttp([{ url: url.href }])).exchange({ method: 'GET', url }, async () => undefined)
    expect(flags).toHaveLength(before)
  })

  it('and V8 optimises again when no answer came', async () => {
    const flags: string[] = []
    const http = sparingHttp((flag) => flags.push(flag))(fakeHttp([]))
    await expect(http.exchange({ method: 'GET', url }, async () => undefined)).rejects.toThrow('no stub')
    expect(flags).toEqual([...off, ...on])
  })

  it('the flags are ones that this Node knows', async () => {
    const { execFileSync } = await import('node:child_process')
    const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })
    for (const flag of on) expect(known).toContain(flag)
  })
})
