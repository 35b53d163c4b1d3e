import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { describe, expect, it } from 'vitest'
import { findModule, openModule } from '../../src/serve/load-module.ts'
import { temporaryFolder } from '../support/temporary.ts'

const folder = await temporaryFolder()
const uid = getuid?.()
let places = 0

/** A folder with a configuration file in it, and a module in a folder below. */
async function aPlace(
  text = 'export const open = (parameters, parts) => ({ parameters, parts, [Symbol.asyncDispose]() {} })',
) {
  const top = join(folder, String(++places))
  const inner = join(top, 'inner')
  await mkdir(inner, { recursive: true, mode: 0o755 })
  const [configuration, module] = [join(top, 'server.yaml'), join(inner, 'module.mjs')]
  for (const [file, content] of [
    [configuration, ''],
    [module, text],
  ] as const)
    await writeFile(file, content, { mode: 0o644 })
  const find = (more: Partial<Parameters<typeof findModule>[0]> = {}) =>
    findModule({ name: './inner/module.mjs', fallbackExport: 'open', configuration, uid, ...more })
  return { top, inner, configuration, module, find }
}

describe('a module of the user', () => {
  it('is found from the folder of the configuration, run, and given its parameters', async () => {
    const { find } = await aPlace()
    const found = await find({ parameters: { a: 1 } })
    expect(await openModule(found, { role: 'taxii2' })).toMatchObject({
      parameters: { a: 1 },
      parts: { role: 'taxii2' },
    })
  })

  it('may be named with its export, by an absolute path, or by a link', async () => {
    const { find, top, module } = await aPlace('export const other = () => ({ n: 7, [Symbol.asyncDispose]() {} })')
    await symlink(module, join(top, 'link.mjs'))
    for (const name of ['./inner/module.mjs#other', `${module}#other`, './link.mjs#other'])
      expect(await openModule(await find({ name }), {})).toMatchObject({ n: 7 })
  })

  it.each([
    ['it has no function "open"', 'export const other = 1'],
    ['has no [Symbol.asyncDispose]', 'export const open = () => ({ get() {}, put() {} })'],
    ['has no put', 'export const open = () => ({ get() {}, [Symbol.asyncDispose]() {} })'],
    ['boom', 'export const open = () => { throw new Error("boom") }'],
    ['cannot be opened', 'export const open = ('],
  ])('that cannot be opened says why: %s', async (why, text) => {
    const { find } = await aPlace(text)
    const opening = openModule(await find(), {}, ['get', 'put'])
    await expect(opening).rejects.toMatchObject({ code: 'SERVE_MODULE_FAILED', kind: 'config' })
    await expect(opening).rejects.toThrow(why)
  })

  it('that is not there is named', async () => {
    const { find, inner } = await aPlace()
    const finding = find({ name: './inner/other.mjs' })
    await expect(finding).rejects.toMatchObject({ code: 'SERVE_MODULE_MISSING', kind: 'config' })
    await expect(finding).rejects.toThrow(join(inner, 'other.mjs'))
  })
})

const targets = ['module', 'inner', 'configuration', 'top'] as const
const modes: readonly (readonly [number, boolean])[] = [
  [0o700, true],
  [0o755, true],
  [0o750, true],
  [0o775, false],
  [0o757, false],
  [0o777, false],
  [0o720, false],
  [0o702, false],
]
const matrix = targets.flatMap((target) =>
  modes.map(([mode, isFine]) => [target, mode.toString(8), mode, isFine] as const),
)

describe.runIf(uid !== undefined)('S23: who else can write decides whether a module is run', () => {
  it.each(matrix)('%s of mode %s', async (target, _shown, mode, isFine) => {
    const place = await aPlace()
    await chmod(place[target], mode)
    const finding = place.find()
    if (isFine) await expect(finding).resolves.toMatchObject({ exportName: 'open' })
    else {
      await expect(finding).rejects.toMatchObject({ code: 'SERVE_MODULE_EXPOSED', kind: 'config' })
      await expect(finding).rejects.toThrow(`${place[target]} can be written by others`)
    }
    await chmod(place[target], 0o755)
  })

  it('S23: a sticky folder above is as good as any: nobody can move what is ours', async () => {
    const { find, top } = await aPlace()
    await chmod(top, 0o1777)
    await expect(find()).resolves.toBeDefined()
  })

  it.each(targets)('S23: %s of another user', async (target) => {
    const place = await aPlace()
    const isRoot = uid === 0
    if (isRoot) await chown(place[target], 54_321, 54_321)
    const finding = place.find(isRoot ? {} : { uid: (uid as number) + 1 })
    await expect(finding).rejects.toMatchObject({ code: 'SERVE_MODULE_EXPOSED' })
    await expect(finding).rejects.toThrow(/belongs to user \d+/)
  })

  it('S23: a link to a module that others can write is looked through', async () => {
    const place = await aPlace()
    const safe = await aPlace()
    await symlink(place.module, join(safe.top, 'link.mjs'))
    await chmod(place.inner, 0o777)
    await expect(safe.find({ name: './link.mjs' })).rejects.toMatchObject({ code: 'SERVE_MODULE_EXPOSED' })
    await chmod(place.inner, 0o755)
  })

  it('S23: a folder that holds a link to it, and that others can write', async () => {
    const place = await aPlace()
    const open = join(place.top, 'open')
    await mkdir(open)
    await symlink(place.module, join(open, 'link.mjs'))
    await chmod(open, 0o777)
    await expect(place.find({ name: './open/link.mjs' })).rejects.toMatchObject({ code: 'SERVE_MODULE_EXPOSED' })
  })
})
