import { appendFile, rename, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { expect, it } from 'vitest'
import { systemClock } from '../../src/cli/process-host.ts'
import { followFile } from '../../src/enrich/follow.ts'
import { temporaryFolder } from '../support/run-cli.ts'

/** Follows a file; `until` waits until so much was read. */
function following(file: string, fromEnd = false, pollMs = 5) {
  const stop = new AbortController()
  let read = ''
  const done = (async () => {
    for await (const piece of followFile(file, { clock: systemClock, signal: stop.signal, fromEnd, pollMs })) {
      read += piece === 'restart' ? '^' : piece.toString()
    }
  })()
  return {
    until: async (text: string) => {
      for (let look = 0; look < 400 && read !== text; look++) await new Promise((resolve) => setTimeout(resolve, 5))
      expect(read).toBe(text)
    },
    end: async () => {
      stop.abort()
      await done
    },
  }
}

it('reads on through growth, truncation and rotation, and loses nothing', async () => {
  const file = path.join(temporaryFolder(), 'a.log')
  await writeFile(file, 'one\n')
  const log = following(file)
  await log.until('one\n')
  await appendFile(file, 'two\nhalf')
  await log.until('one\ntwo\nhalf')
  await truncate(file, 0)
  await log.until('one\ntwo\nhalf^')
  await appendFile(file, 'new\n')
  await log.until('one\ntwo\nhalf^new\n')
  await rename(file, `${file}.1`)
  await appendFile(`${file}.1`, 'late\n')
  await log.until('one\ntwo\nhalf^new\nlate\n')
  await writeFile(file, 'next\n')
  await log.until('one\ntwo\nhalf^new\nlate\n^next\n')
  await log.end()
})

it('begins at the end when it is asked to, and stops at once', async () => {
  const file = path.join(temporaryFolder(), 'a.log')
  await writeFile(file, 'old\n')
  const log = following(file, true)
  await new Promise((resolve) => setTimeout(resolve, 50))
  await appendFile(file, 'new\n')
  await log.until('new\n')
  await log.end()
})

it('reads nothing twice when the next file of a rotation is gone as it is opened', async () => {
  const file = path.join(temporaryFolder(), 'a.log')
  await writeFile(file, 'one\n')
  const stop = new AbortController()
  let read = ''
  let looks = 0
  const socket = createServer()
  // The clock stands where the follower waits: each wait is a moment at which the log is rotated.
  const clock = {
    ...systemClock,
    async sleep() {
      looks += 1
      if (looks === 1) {
        await appendFile(file, 'late\n')
        await rename(file, `${file}.1`)
        // It is there and cannot be opened, as a file that is rotated once more at that moment.
        await new Promise<void>((resolve) => socket.listen(file, resolve))
      } else if (looks === 3) {
        await new Promise((resolve) => socket.close(resolve))
        await writeFile(file, 'next\n')
      } else if (read.endsWith('next\n') || looks > 500) stop.abort()
    },
  }
  for await (const piece of followFile(file, { clock, signal: stop.signal })) {
    read += piece === 'restart' ? '^' : piece.toString()
  }
  expect(read).toBe('one\nlate\n^next\n')
})

it('reads every file that had the name, however often it was rotated while nobody took what was read', async () => {
  const file = path.join(temporaryFolder(), 'a.log')
  await writeFile(file, 'one\n')
  const stop = new AbortController()
  const followed = followFile(file, { clock: systemClock, signal: stop.signal, pollMs: 5 })
  let read = String((await followed.next()).value)
  // Each is gone before it is read; who follows is busy with the first.
  for (const text of ['two\n', 'three\n', 'four\n']) {
    await rename(file, `${file}.1`)
    await writeFile(file, text)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  while (!read.endsWith('four\n')) {
    const { value } = await followed.next()
    read += value === 'restart' ? '^' : String(value)
  }
  expect(read).toBe('one\n^two\n^three\n^four\n')
  stop.abort()
  expect(await followed.next()).toMatchObject({ done: true })
})

it('reads what is written into the old file for a moment after another has its name', async () => {
  const file = path.join(temporaryFolder(), 'a.log')
  await writeFile(file, 'one\n')
  const log = following(file, false, 100)
  await log.until('one\n')
  await rename(file, `${file}.1`)
  await writeFile(file, 'next\n')
  // Looked at once since.
  await new Promise((resolve) => setTimeout(resolve, 120))
  await appendFile(`${file}.1`, 'late\n')
  await log.until('one\nlate\n^next\n')
  await log.end()
})
