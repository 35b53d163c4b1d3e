import { execFileSync } from 'node:child_process'
import { chmod, lchown, lstat, mkdir, readdir, readFile, stat, symlink, unlink, writeFile } from 'node:fs/promises'
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

// Only root can make what belongs to somebody else.
const asRoot = process.getuid?.() === 0

it.runIf(asRoot)('S9 follows no link that another user made where everybody can make files', async () => {
  const folder = await temporaryFolder()
  const [own, shared] = [path.join(folder, 'own'), path.join(folder, 'shared')]
  await mkdir(own)
  await mkdir(shared)
  await chmod(shared, 0o1777)
  await writeFile(path.join(own, 'kept'), 'before')
  const links = { file: path.join(own, 'kept'), absent: path.join(own, 'absent'), folder: own }
  for (const [name, target] of Object.entries(links)) {
    await symlink(target, path.join(shared, name))
    await lchown(path.join(shared, name), 65534, 65534)
  }
  for (const name of ['file', 'absent', 'folder/kept', 'folder/new']) {
    await expect(openAtomicFile(path.join(shared, name))).rejects.toMatchObject({
      code: 'OUTPUT_LINK_REFUSED',
      kind: 'refused',
      context: { link: path.join(shared, name.split('/', 1)[0] ?? '') },
    })
  }
  expect(await readdir(own)).toEqual(['kept'])
  expect(await readFile(path.join(own, 'kept'), 'utf8')).toBe('before')
  // Our own link there, and anybody's in a folder of ours, are followed.
  await symlink(own, path.join(shared, 'mine'))
  await symlink(path.join(own, 'kept'), path.join(folder, 'theirs'))
  await lchown(path.join(folder, 'theirs'), 65534, 65534)
  for (const name of [path.join(shared, 'mine', 'kept'), path.join(folder, 'theirs')]) {
    const file = await openAtomicFile(name)
    await file.write(Buffer.from(name))
    await file.commit()
    expect(await readFile(path.join(own, 'kept'), 'utf8')).toBe(name)
  }
})

it('S9 a link that is put in the place of the file while it is written is replaced, not followed', async () => {
  const folder = await temporaryFolder()
  const [victim, out] = [path.join(folder, 'victim'), path.join(folder, 'out')]
  await writeFile(victim, 'before')
  // Somebody puts the link there, takes it away, and puts it there again, as fast as it goes, in every turn.
  let racing = true
  const racer = (async () => {
    while (racing) {
      await unlink(out).catch(() => undefined)
      await symlink('victim', out).catch(() => undefined)
      await unlink(out).catch(() => undefined)
    }
  })()
  const outcomes = new Set<string>()
  for (let turn = 0; turn < 100; turn += 1) {
    await writeFile(victim, 'before')
    const file = await openAtomicFile(out)
    const followed = (await readdir(folder)).some((name) => name.startsWith('.victim.'))
    await file.write(Buffer.from('after'))
    await file.commit()
    // Whoever may replace our file in this folder may make a link, which is followed if it was there when we began.
    outcomes.add(`${followed ? 'followed' : 'replaced'}: ${await readFile(victim, 'utf8')}`)
  }
  racing = false
  await racer
  expect([...outcomes].filter((outcome) => !['followed: after', 'replaced: before'].includes(outcome))).toEqual([])
  expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([])
})

it('S9 a link that leads to itself is told', async () => {
  const folder = await temporaryFolder()
  const looped = path.join(folder, 'loop')
  await symlink('loop', looped)
  await expect(openAtomicFile(looped)).rejects.toMatchObject({
    code: 'OUTPUT_FILE_FAILED',
    context: { reason: 'ELOOP' },
  })
})

it('S9 a link that climbs behind another link leads where the system says', async () => {
  const folder = await temporaryFolder()
  const deep = path.join(folder, 'elsewhere', 'deep')
  await mkdir(deep, { recursive: true })
  await symlink(deep, path.join(folder, 'a'))
  await symlink('a/../out', path.join(folder, 'link'))
  const file = await openAtomicFile(path.join(folder, 'link'))
  await file.write(Buffer.from('new'))
  await file.commit()
  expect(await readFile(path.join(folder, 'link'), 'utf8')).toBe('new')
  expect(await readdir(path.join(folder, 'elsewhere'))).toEqual(['deep', 'out'])
})

it('L13 a folder that may be written and not read gets the file', async () => {
  const folder = await temporaryFolder()
  await chmod(folder, 0o333)
  const file = path.join(folder, 'out')
  const write = async (): Promise<void> => {
    const opened = await openAtomicFile(file)
    await opened.write(Buffer.from('new'))
    await opened.commit()
  }
  await (asRoot ? asNobody(write) : write())
  await chmod(folder, 0o755)
  expect(await readFile(file, 'utf8')).toBe('new')
})

/** Root reads every folder; somebody else does not. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  process.seteuid?.(65_534)
  try {
    await work()
  } finally {
    process.seteuid?.(0)
  }
}
