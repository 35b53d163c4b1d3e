import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import path from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { version } from '../../src/cli/version.ts'

const root = path.resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const about = JSON.parse(read('package.json')) as Record<string, Record<string, string>> & {
  version: string
  files: string[]
}
interface Locked {
  readonly resolved?: string
  readonly hasInstallScript?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
}
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }

/** Packages that an entry and all it leads to import, also late. */
async function importsOf(entry: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outdir: 'nowhere',
  })
  const imported = Object.values(metafile.outputs).flatMap((output) => output.imports.map((one) => one.path))
  const packages = imported.filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
  return [
    ...new Set(
      packages.map((name) =>
        name
          .split('/')
          .slice(0, name.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
    ),
  ]
}

describe('the package', () => {
  it('says the same version everywhere', () => {
    expect(version).toBe(about.version)
  })

  it('pins every dependency to one version', () => {
    const all = { ...about.dependencies, ...about.optionalDependencies, ...about.devDependencies }
    expect(Object.entries(all).filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([])
  })

  it('S22: runs no install script of anything a user gets', () => {
    const scripts = Object.entries(lock.packages).filter(
      ([name, one]) => name !== '' && one.hasInstallScript && !one.dev,
    )
    expect(scripts.map(([name]) => name)).toEqual([])
  })

  it('locks no address of a registry', () => {
    expect(Object.values(lock.packages).filter((one) => one.resolved?.startsWith('http'))).toEqual([])
  })

  it('C2: brings at most 110 packages', () => {
    const names = Object.entries(lock.packages).filter(([name, one]) => name !== '' && !one.dev)
    // Of the optional native packages one per platform is installed.
    const native = names.filter(([, one]) => one.optional)
    expect(names.length - native.length).toBeLessThanOrEqual(110)
  })

  it('depends on what the sources import at run time, and on nothing else', async () => {
    const imported = new Set([...(await importsOf('src/index.ts')), ...(await importsOf('src/cli/main.ts'))])
    const listed = { ...about.dependencies, ...about.optionalDependencies }
    expect([...imported].sort()).toEqual(Object.keys(listed).sort())
  })

  it('carries what its users need, and only files that are there', () => {
    expect(about.files).toEqual(
      expect.arrayContaining(['bin', 'dist/bin', 'dist/lib', 'docs', 'examples', 'schemas', 'LICENSE', 'README.md']),
    )
    expect(about.files.filter((file) => !file.startsWith('dist/') && !existsSync(path.join(root, file)))).toEqual([])
  })

  it('has only scripts whose files are there', () => {
    const named = Object.values(about.scripts ?? {}).flatMap((script) =>
      [...script.matchAll(/tools\/[\w./-]+/g)].flat(),
    )
    expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([])
  })

  it('names no place of the machine it was written on in any file', () => {
    const folders = ['bin', 'docs', 'schemas', 'src', 'test', 'tools']
    const files = folders.flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
    )
    const places = new RegExp(['/work' + '/(main|shared)', '/tmp' + '/team'].join('|'))
    const texts = files.filter((file) => /\.(ts|mjs|js|md|json|txt|sh)$/.test(file) && !file.includes('node_modules'))
    expect(texts.length).toBeGreaterThan(50)
    expect(texts.filter((file) => places.test(read(file)))).toEqual([])
  })
})
