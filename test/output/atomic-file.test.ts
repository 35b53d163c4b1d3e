import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { openAtomicFile } from '../../src/output/atomic-file.ts'
import { temporaryFolder } from '../support/temporary.ts'

it('L13 leaves what stood there until it is complete, then replaces it whole', async () => {
  const folder = await temporaryFolder()
  const target = path.join(folder, 'out.ndjson')
  await writeFile(target, 'before')
  const file = await openAtomicFile(target)
  await file.write(Buffer.from('one\n'))
  await file.write(Buffer.from('two\n'))
  expect(await readFile(target, 'utf8')).toBe('before')
  await file.commit()
  await file.discard()
  expect(await readFile(target, 'utf8')).toBe('one\ntwo\n')
  expect(await readdir(folder)).toEqual(['out.ndjson'])
})

it('L13 leaves nothing behind when it is given up', async () => {
  const folder = await temporaryFolder()
  const file = await openAtomicFile(path.join(folder, 'out.ndjson'))
  await file.write(Buffer.from('one\n'))
  await file.discard()
  expect(await readdir(folder)).toEqual([])
})

it('names the file when its folder is not there or cannot be replaced', async () => {
  const folder = await temporaryFolder()
  const missing = path.join(folder, 'nowhere', 'out')
  await expect(openAtomicFile(missing)).rejects.toMatchObject({
    code: 'OUTPUT_FILE_FAILED',
    kind: 'local',
    context: { file: missing },
  })
  const taken = path.join(folder, 'taken')
  await mkdir(path.join(taken, 'full'), { recursive: true })
  await chmod(taken, 0o700)
  const file = await openAtomicFile(taken)
  await expect(file.commit()).rejects.toMatchObject({ code: 'OUTPUT_FILE_FAILED' })
  await file.discard()
  expect(await readdir(folder)).toEqual(['taken'])
})
