// Builds the program into dist/bin: one file per command and shared chunk, minified, so that a command loads what it needs.
import { build } from 'esbuild'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { writeLicences } from './licences.mjs'

const require = createRequire(import.meta.url)
const root = path.resolve(import.meta.dirname, '..')
const outdir = path.join(root, 'dist', 'bin')

// Bundles written for CommonJS ask for `require`; in an ES module there is none.
const banner =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);"

/**
 * Lets everything that is loaded late import the porch as well. Code that two files share becomes a file of its own for
 * each set of files that share it; this way what the porch needs is in all the same sets, so in one file, and `--help`
 * reads three files instead of a dozen.
 */
const onePorch = {
  name: 'one-porch',
  setup(esbuild) {
    const porch = path.join(root, 'src', 'cli', 'run.ts')
    const late = new Set(sources().flatMap(lateImports))
    esbuild.onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
      if (!late.has(file)) return undefined
      return { contents: `${readFileSync(file, 'utf8')}\nimport ${JSON.stringify(porch)}\n`, loader: 'ts' }
    })
  },
}

/**
 * Gives a CommonJS package that is loaded late its names. `await import('undici')` has them in Node, which reads them off
 * the package; in a bundle there is a default only. So the names are read here and written out.
 */
const namesOfCommonJs = {
  name: 'names-of-commonjs',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^[^./]/ }, async ({ path: name, kind, resolveDir, pluginData }) => {
      if (kind !== 'dynamic-import' || pluginData === 'looked' || name.startsWith('node:')) return undefined
      const found = await esbuild.resolve(name, { kind: 'import-statement', resolveDir, pluginData: 'looked' })
      if (found.external || !isCommonJs(found.path)) return undefined
      return { path: found.path, namespace: 'named' }
    })
    esbuild.onLoad({ filter: /./, namespace: 'named' }, ({ path: file }) => {
      const names = Object.keys(require(file)).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default')
      const lines = [`import whole from ${JSON.stringify(file)}`, 'export default whole']
      for (const name of names) lines.push(`const its_${name} = whole.${name}`, `export { its_${name} as ${name} }`)
      return { contents: lines.join('\n'), loader: 'js', resolveDir: path.dirname(file) }
    })
  },
}

/** Leaves zod's messages in all languages but English out: more than half of it, and read at each start. */
const oneLanguage = {
  name: 'one-language',
  setup(esbuild) {
    esbuild.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js'",
    }))
  },
}

function isCommonJs(file) {
  if (file.endsWith('.mjs') || file.endsWith('.cjs')) return file.endsWith('.cjs')
  let folder = path.dirname(file)
  while (!existsSync(path.join(folder, 'package.json'))) folder = path.dirname(folder)
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).type !== 'module'
}

function sources() {
  const files = readdirSync(path.join(root, 'src'), { recursive: true })
  return files.filter((file) => file.endsWith('.ts')).map((file) => path.join(root, 'src', file))
}

function lateImports(file) {
  const found = readFileSync(file, 'utf8').matchAll(/\bimport\(\s*'(\.[^']+)'/g)
  return [...found].map(([, target]) => path.resolve(path.dirname(file), target))
}

const result = await build({
  absWorkingDir: root,
  entryPoints: { stixtaxii: 'src/cli/main.ts' },
  outdir,
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'],
  banner: { js: banner },
  // Native code is found at run time; `node:sqlite` is there on newer Nodes only.
  external: ['libsql', '@napi-rs/keyring', 'node:sqlite'],
  chunkNames: 'chunks/[name]-[hash]',
  plugins: [onePorch, namesOfCommonJs, oneLanguage],
  metafile: true,
  write: false,
  logLevel: 'warning',
})

/** Files that a late import may open at once. Node opens all that is new to it together, which a low limit does not allow. */
const filesAtOnce = 8

/** What a file of the build needs to be loaded, itself last, each after what it imports. */
function loadOrder(output, order = new Set(), entered = new Set()) {
  if (entered.has(output)) return order
  entered.add(output)
  for (const { path: target, kind } of result.metafile.outputs[output].imports) {
    if (kind === 'import-statement' && target in result.metafile.outputs) loadOrder(target, order, entered)
  }
  return order.add(output)
}

/** Lets late imports of many files load them a few at a time, deepest first; a failed import cannot be tried again (L11). */
function inWaves(output, text) {
  const there = loadOrder(output)
  const folder = path.posix.dirname(output)
  return text.replace(/\bimport\(("\.{1,2}\/[^"]+")\)/g, (whole, quoted) => {
    const target = path.posix.join(folder, JSON.parse(quoted))
    const files = [...loadOrder(target)].filter((file) => !there.has(file))
    if (files.length <= filesAtOnce) return whole
    const names = files.slice(0, -1).map((file) => `./${path.posix.relative(folder, file)}`)
    const waves = []
    while (names.length > 0) waves.push(names.splice(0, filesAtOnce))
    return `(async()=>{for(const w of ${JSON.stringify(waves)})await Promise.all(w.map(f=>import(f)));return ${whole}})()`
  })
}

// Others may be running the program: files are put beside those of the build before, whose names differ by their content,
// and the entry, which names them, is replaced last and at once. A failed build leaves everything as it was.
const entry = path.join(outdir, 'stixtaxii.js')
const outputs = [...result.outputFiles].sort((a, b) => Number(a.path === entry) - Number(b.path === entry))
for (const { path: file, text } of outputs) {
  mkdirSync(path.dirname(file), { recursive: true })
  const fresh = `${file}.${process.pid}.new`
  writeFileSync(fresh, inWaves(path.relative(root, file).split(path.sep).join('/'), text))
  renameSync(fresh, file)
}
writeLicences(Object.keys(result.metafile.inputs), { root, file: path.join(outdir, 'THIRD-PARTY-LICENCES.txt') })
removeOld(new Set(outputs.map((output) => output.path)))

/** Chunks of earlier builds that nobody can still be starting with; all of them with --clean, as for a package. */
function removeOld(current) {
  const chunks = path.join(outdir, 'chunks')
  const graceMs = process.argv.includes('--clean') ? 0 : 600_000
  for (const file of readdirSync(chunks).map((name) => path.join(chunks, name))) {
    if (!current.has(file) && Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= graceMs)
      rmSync(file, { force: true })
  }
}
