// Builds the program into dist/bin: one file per command and shared chunk, minified, so that a command loads what it needs.
import { build } from 'esbuild'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { writeLicences } from './licences.mjs'

const root = path.resolve(import.meta.dirname, '..')
const outdir = path.join(root, 'dist', 'bin')

// Bundles written for CommonJS ask for `require`; in an ES module there is none.
const banner =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);"

rmSync(outdir, { recursive: true, force: true })
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
  metafile: true,
  logLevel: 'warning',
})
writeLicences(Object.keys(result.metafile.inputs), { root, file: path.join(outdir, 'THIRD-PARTY-LICENCES.txt') })
