import { execFileSync } from 'node:child_process'
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
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
  await expect(openAtomicFile(taken)).rejects.toMatchObject({
    code: 'OUTPUT_FILE_FAILED',
    context: { reason: 'EISDIR' },
  })
  expect(await readdir(folder)).toEqual(['taken'])
})

it('follows a link, and leaves to the file it leads to who may read it', async () => {
  const folder = await temporaryFolder()
  await mkdir(path.join(folder, 'there'))
  const target = path.join(folder, 'there', 'real')
  await writeFile(target, 'before')
  await chmod(target, 0o640)
  await symlink(target, path.join(folder, 'link'))
  const file = await openAtomicFile(path.join(folder, 'link'))
  await file.write(Buffer.from('after'))
  await file.commit()
  expect((await lstat(path.join(folder, 'link'))).isSymbolicLink()).toBe(true)
  expect(await readFile(target, 'utf8')).toBe('after')
  expect((await stat(target)).mode & 0o777).toBe(0o640)
  expect(await readdir(path.join(folder, 'there'))).toEqual(['real'])
})

it('writes to a named pipe instead of putting a file in its place', async () => {
  const folder = await temporaryFolder()
  const pipe = path.join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const reader = readFile(pipe, 'utf8')
  const file = await openAtomicFile(pipe)
  await file.write(Buffer.from('one\n'))
  await file.commit()
  await file.discard()
  expect(await reader).toBe('one\n')
  expect((await lstat(pipe)).isFIFO()).toBe(true)
  expect(await readdir(folder)).toEqual(['pipe'])
})
