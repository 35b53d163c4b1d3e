import { readFileSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { openAppender } from '../../src/provision/own-file.ts'
import { temporaryFolder } from '../support/run-cli.ts'

afterEach(() => void vi.restoreAllMocks())

/** The next append of any file writes half of its text, as on a disk that has just become full. */
async function fillTheDisk(folder: string): Promise<void> {
  const probe = await open(path.join(folder, 'probe'), 'w')
  const prototype = Object.getPrototypeOf(probe) as FileHandle
  await probe.close()
  vi.spyOn(prototype, 'appendFile').mockImplementationOnce(async function (this: FileHandle, text) {
    await this.write(String(text).slice(0, String(text).length / 2))
    throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
  })
}

it('nothing is appended after a line that could only be written in half, so that none is lost in it', async () => {
  const folder = temporaryFolder()
  const file = path.join(folder, 'journal')
  {
    await using appender = await openAppender(file)
    await appender.append('{"first":1}')
    await fillTheDisk(folder)
    await expect(appender.append('{"second":2}')).rejects.toMatchObject({ code: 'PROVISION_FILE_FAILED' })
    await expect(appender.append('{"third":3}')).rejects.toMatchObject({ code: 'PROVISION_FILE_FAILED' })
  }
  await using appender = await openAppender(file)
  await appender.append('{"fourth":4}')
  expect(
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('}')),
  ).toEqual(['{"first":1}', '{"fourth":4}'])
})
