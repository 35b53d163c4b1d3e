import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const src = path.resolve(import.meta.dirname, '../src')

/** Who may import whom: the table of the style guide. A change needs a record in docs/decisions. */
const mayImport: Readonly<Record<string, readonly string[] | 'all' | 'all but cli'>> = {
  core: [],
  scan: [],
  http: ['core'],
  stix: ['core', 'scan'],
  taxii: ['core', 'scan', 'stix'],
  director: ['core'],
  profile: ['core'],
  output: ['core'],
  indicators: ['core', 'stix', 'store'],
  export: ['core', 'stix', 'store', 'indicators'],
  store: ['core', 'stix'],
  fetch: ['core', 'stix', 'taxii', 'store'],
  enrich: ['core', 'scan', 'stix', 'store', 'indicators'],
  provision: ['core', 'director'],
  serve: ['core', 'stix', 'taxii', 'store'],
  simulate: ['core', 'stix', 'taxii', 'director'],
  workflow: 'all but cli',
  cli: 'all',
}

/** Packages that only some rooms may know. */
const packageRooms: Readonly<Record<string, readonly string[]>> = {
  undici: ['http'],
  libsql: ['store'],
  'node:sqlite': ['store'],
  kysely: ['store'],
  pg: ['store'],
  hono: ['serve'],
  '@hono/node-server': ['serve'],
  jose: ['serve', 'workflow'],
  '@napi-rs/keyring': ['profile'],
  conf: ['profile'],
  saxes: ['taxii', 'stix', 'simulate'],
  xmlbuilder2: ['taxii', 'stix', 'simulate'],
  commander: ['cli'],
  inquirer: ['cli'],
  '@bomb.sh/tab': ['cli'],
  'cli-table3': ['output'],
  'csv-stringify': ['output', 'export'],
}

interface Import {
  readonly file: string
  readonly room: string
  readonly target: string
  readonly isType: boolean
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.split(path.sep).join('/'))

const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(path.join(src, file), 'utf8')
  const found = [...text.matchAll(/^\s*(?:import|export)\s[^'"`;]*?from\s+'([^']+)'/gm)].map(
    ([whole, target = '']) => ({
      target,
      isType: /^\s*(import|export) type\b/.test(whole),
    }),
  )
  const late = [...text.matchAll(/\bimport\(\s*'([^']+)'/g)].map(([, target = '']) => ({ target, isType: false }))
  const bare = [...text.matchAll(/^import '([^']+)'/gm)].map(([, target = '']) => ({ target, isType: false }))
  return [...found, ...late, ...bare].map((one) => ({ file, room: file.split('/')[0] ?? '', ...one }))
})

describe('the rooms', () => {
  it('are all in the table', () => {
    const rooms = new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/')[0]))
    expect([...rooms].filter((room) => room !== undefined && !(room in mayImport))).toEqual([])
    expect(imports.length).toBeGreaterThan(100)
  })

  it('import only what the table says', () => {
    const wrong = imports
      .filter(({ target, file }) => target.startsWith('.') && file.includes('/'))
      .map((one) => ({ ...one, to: roomOf(one) }))
      .filter(({ room, to }) => to !== room && !isAllowed(room, to))
      .map(({ file, target }) => `${file} imports ${target}`)
    expect(wrong).toEqual([])
  })

  it('know only the packages that are theirs', () => {
    const wrong = imports
      .filter(({ target, room }) => {
        const name = Object.keys(packageRooms).find((known) => target === known || target.startsWith(`${known}/`))
        return name !== undefined && !packageRooms[name]?.includes(room)
      })
      .map(({ file, target }) => `${file} imports ${target}`)
    expect(wrong).toEqual([])
  })

  it('name the file they import, ending in .ts', () => {
    const wrong = imports.filter(({ target }) => target.startsWith('.') && !target.endsWith('.ts'))
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
  })

  it('load heavy packages late', () => {
    const heavy = [
      'undici',
      'inquirer',
      'ora',
      'conf',
      'libsql',
      'kysely',
      'xmlbuilder2',
      'yaml',
      'cli-table3',
      '@napi-rs/keyring',
    ]
    const wrong = imports.filter(
      ({ target, isType, file }) => heavy.includes(target) && !isType && isStatic(file, target) && !isLoadedLate(file),
    )
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
  })

  it('only the porch touches the process, the console, the environment and the clock', () => {
    const forbidden = /\bprocess\.|\bconsole\.|\bDate\.now\(|new Date\(\)|\bperformance\.now\(/
    const wrong = files
      // The simulated servers are programs of their own: they have their own clock unless they are given one.
      .filter((file) => !file.startsWith('cli/') && !file.startsWith('simulate/') && !file.endsWith('.d.ts'))
      .flatMap((file) =>
        code(readFileSync(path.join(src, file), 'utf8'))
          .filter((line) => forbidden.test(line))
          .map((line) => `${file}: ${line.trim()}`),
      )
    expect(wrong).toEqual([])
  })

  it('have no barrels but index.ts, no utils, no helpers, no common', () => {
    expect(files.filter((file) => /(^|\/)(utils?|helpers|common|index)(\.ts|\/)/.test(file))).toEqual(
      files.includes('index.ts') ? ['index.ts'] : [],
    )
  })

  it('name files in kebab-case', () => {
    expect(files.filter((file) => !/^[a-z0-9-/]+(\.generated|\.d)?\.ts$/.test(file))).toEqual([])
  })
})

function roomOf({ file, target }: Import): string {
  return path.posix.join(path.posix.dirname(file), target).split('/')[0] ?? ''
}

function isAllowed(room: string, to: string): boolean {
  const allowed = mayImport[room]
  if (allowed === 'all') return true
  if (allowed === 'all but cli') return to !== 'cli'
  return allowed?.includes(to) ?? false
}

function isStatic(file: string, target: string): boolean {
  return new RegExp(`from '${target}'`).test(readFileSync(path.join(src, file), 'utf8'))
}

/** Whether every way to the file begins with a late import. */
function isLoadedLate(file: string): boolean {
  const seen = new Set<string>()
  const walk = (at: string): boolean => {
    if (at === 'cli/main.ts' || at === 'cli/run.ts' || at === 'cli/create-runtime.ts') return false
    if (seen.has(at)) return true
    seen.add(at)
    return imports
      .filter((one) => !one.isType && one.target.startsWith('.') && isStatic(one.file, one.target))
      .filter((one) => path.posix.join(path.posix.dirname(one.file), one.target) === at)
      .every((one) => walk(one.file))
  }
  return walk(file)
}

/** Lines without comments. */
function code(text: string): string[] {
  return text
    .replace(/\/\*[^]*?\*\//g, '')
    .split('\n')
    .map((line) => line.replace(/(^|\s)\/\/.*$/, ''))
}
