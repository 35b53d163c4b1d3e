import { createWriteStream } from 'node:fs'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { openCheckedStream } from '../../src/output/checked-stream.ts'

function target(write: (chunk: Buffer, done: (error?: Error) => void) => void): Writable {
  return new Writable({ write: (chunk: Buffer, _, done) => write(chunk, done) })
}

describe('a checked stream', () => {
  it('keeps the order of what is written, in few pieces', async () => {
    const pieces: string[] = []
    const stream = openCheckedStream(
      target((chunk, done) => {
        pieces.push(chunk.toString())
        setImmediate(done)
      }),
      'standard output',
    )
    for (let n = 0; n < 50_000; n += 1) await stream.write(`${n}\n`)
    await stream.end()
    expect(pieces.join('')).toBe(Array.from({ length: 50_000 }, (_, n) => `${n}\n`).join(''))
    expect(pieces.length).toBeLessThan(100)
  })

  it('hands on what was written when nothing more comes', async () => {
    const pieces: string[] = []
    const stream = openCheckedStream(
      target((chunk, done) => {
        pieces.push(chunk.toString())
        done()
      }),
      'standard output',
    )
    await stream.write('first line\n')
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(pieces).toEqual(['first line\n'])
  })

  it('L4: says OUTPUT_FAILED when the disk is full', async () => {
    const stream = openCheckedStream(createWriteStream('/dev/full'), 'standard output')
    await stream.write('x')
    await expect(stream.end()).rejects.toMatchObject({ code: 'OUTPUT_FAILED', kind: 'local' })
    await expect(stream.write('y')).rejects.toMatchObject({ code: 'OUTPUT_FAILED' })
  })

  it('L5: says OUTPUT_CLOSED when the reader has gone, and knows it', async () => {
    const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
    const stream = openCheckedStream(
      target((_, done) => done(gone)),
      'standard output',
    )
    await stream.write('x')
    await expect(stream.end()).rejects.toMatchObject({ code: 'OUTPUT_CLOSED' })
    expect(stream.closed).toBe(true)
  })

  it('waits for a slow reader instead of gathering without end', async () => {
    let release: () => void = () => undefined
    const stream = openCheckedStream(
      target((_, done) => {
        release = done
      }),
      'standard output',
    )
    let isThrough = false
    const big = stream.write('x'.repeat(70_000)).then(() => (isThrough = true))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(isThrough).toBe(false)
    release()
    await big
  })
})
