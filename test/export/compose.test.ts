import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { composeExport } from '../../src/export/compose.ts'
import { indicatorFormats } from '../../src/export/registry.ts'
import type { IndicatorFormat } from '../../src/export/format.ts'
import { contentOf } from '../../src/workflow/write-export.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { anIndicator, inTurn } from './an-indicator.ts'

const list = indicatorFormats.find(({ name }) => name === 'list') as IndicatorFormat
const options = { header: false, defang: false, rawCsv: false, name: 'stixtaxii', firstSid: 9_400_000 }
const base = { format: list, options, generatedAt: '2026-11-23T10:00:00Z' }
const numbered = (count: number) =>
  Array.from({ length: count }, (_, n) => anIndicator({ value: `n${n}.example`, severity: n % 10 }))

async function textsOf(composed: Awaited<ReturnType<typeof composeExport>>): Promise<string[]> {
  const texts: string[] = []
  for (const file of composed.files) {
    const chunks: Buffer[] = []
    for await (const chunk of contentOf(file)) chunks.push(chunk)
    texts.push(Buffer.concat(chunks).toString())
  }
  return texts
}

describe('composing an export', () => {
  it('begins another file after so many values, and loses none', async () => {
    await using composed = await composeExport(inTurn(numbered(25)), {
      ...base,
      splitAt: 10,
      spoolFolder: temporaryFolder(),
    })
    const texts = await textsOf(composed)
    expect(texts.map((text) => text.trimEnd().split('\n').length)).toEqual([10, 10, 5])
    expect(texts.join('')).toBe(
      numbered(25)
        .map(({ value }) => `${value}\n`)
        .join(''),
    )
  })

  it('keeps the most severe when there are more than the cap, in their order', async () => {
    await using composed = await composeExport(inTurn(numbered(5000)), {
      ...base,
      cap: 3,
      spoolFolder: temporaryFolder(),
    })
    expect((await textsOf(composed)).join('')).toBe('n9.example\nn19.example\nn29.example\n')
    expect(composed.beyondCap).toBe(4997)
  })

  it('keeps many lines in a file beside the target, which is gone in the end', async () => {
    const folder = temporaryFolder()
    const long = 'x'.repeat(1000)
    const many = Array.from({ length: 6000 }, (_, n) => anIndicator({ kind: 'mutex', value: `${n}${long}` }))
    {
      await using composed = await composeExport(inTurn(many), { ...base, spoolFolder: folder })
      // It has no name any more, so that nothing stays after a kill.
      expect(readdirSync(folder)).toEqual([])
      const [first] = await textsOf(composed)
      expect(first).toBe(many.map(({ value }) => `${value}\n`).join(''))
      // It can be read again: digests first, content afterwards.
      expect(await textsOf(composed)).toEqual([first])
    }
    expect(readdirSync(folder)).toEqual([])
  })

  it('leaves nothing behind when reading fails', async () => {
    const folder = temporaryFolder()
    async function* failing() {
      for (let n = 0; n < 6000; n++) yield anIndicator({ kind: 'mutex', value: `${n}${'x'.repeat(1000)}` })
      throw new Error('the store is gone')
    }
    await expect(composeExport(failing(), { ...base, spoolFolder: folder })).rejects.toThrow('the store is gone')
    expect(readdirSync(folder)).toEqual([])
  })

  it('counts what has no place by kind', async () => {
    const nftables = indicatorFormats.find(({ name }) => name === 'nftables') as IndicatorFormat
    const request = { ...base, format: nftables, spoolFolder: temporaryFolder() }
    await using composed = await composeExport(inTurn(numbered(3)), request)
    expect(Object.fromEntries(composed.leftOut)).toEqual({ domain: 3 })
    expect(composed.summary.count).toBe(0)
  })
})
