import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { answer } from '../faults/fault-server.ts'
import { startSpoiledFeed } from '../faults/spoiled-feed.ts'
import { temporaryFolder } from '../support/run-cli.ts'
import { runProgram } from '../support/run-program.ts'

const mebibyte = 1024 * 1024
const zeros = Buffer.alloc(300 * mebibyte, ' ')
const deep = (depth: number): Buffer =>
  Buffer.from(`{"more":false,"objects":[{"type":"indicator","x":${'['.repeat(depth)}${']'.repeat(depth)}}]}`)

const bombs: Readonly<Record<string, { readonly encoding?: string; readonly body: () => Buffer }>> = {
  'gzip, 1000 to 1': { encoding: 'gzip', body: () => gzipSync(zeros) },
  'deflate, 1000 to 1': { encoding: 'deflate', body: () => deflateSync(zeros) },
  'Brotli, beyond measure': { encoding: 'br', body: () => brotliCompressSync(zeros) },
  'JSON five million deep': { body: () => deep(5_000_000) },
}

/** Written by the program itself as it ends: the most memory it ever had, in bytes. */
const witness = `import { writeFileSync } from 'node:fs'
process.on('exit', () => writeFileSync(process.env.WITNESS, String(process.resourceUsage().maxRSS * 1024)))`

async function peakOf(
  body: Buffer,
  encoding: string | undefined,
): Promise<{ status: number; peak: number; told: string }> {
  const folder = temporaryFolder()
  const [hook, log] = ['witness.mjs', 'peak'].map((name) => path.join(folder, name)) as [string, string]
  writeFileSync(hook, witness)
  const headers = {
    'Content-Type': 'application/taxii+json;version=2.1',
    ...(encoding !== undefined && { 'Content-Encoding': encoding }),
  }
  await using feed = await startSpoiledFeed(({ page }) => (page > 0 ? [answer({ headers, body })] : undefined))
  const { exitCode, stderr } = await runProgram(['fetch', '-o', 'json'], {
    folder,
    nodeArguments: ['--import', pathToFileURL(hook).href],
    env: { STIXTAXII_URL: feed.url, STIXTAXII_BEGIN: '99999d', WITNESS: log },
  })
  return { status: exitCode, peak: Number(readFileSync(log, 'utf8')), told: stderr }
}

test.each(Object.entries(bombs))('X2, N10: %s is refused with less than 64 MiB over a refusal', async (_name, bomb) => {
  const usual = await peakOf(Buffer.from('[]'), undefined)
  const { status, peak, told } = await peakOf(bomb.body(), bomb.encoding)

  expect(usual.status).toBe(10)
  expect(status, told).toBe(10)
  expect((peak - usual.peak) / mebibyte).toBeLessThan(64)
})
