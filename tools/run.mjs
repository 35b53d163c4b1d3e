// Runs a TypeScript tool on any supported Node: `node tools/run.mjs tools/kill.ts --kills 100`. Packages stay external, so
// the result is imported from inside the project, where they are found.
import { build } from 'esbuild'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [entry, ...rest] = process.argv.slice(2)
if (entry === undefined) throw new Error('usage: node tools/run.mjs TOOL.ts [ARGUMENT...]')
const root = path.resolve(import.meta.dirname, '..')
const outfile = path.join(root, 'dist', 'tools', `${path.basename(entry, '.ts')}.mjs`)
mkdirSync(path.dirname(outfile), { recursive: true })
await build({
  entryPoints: [path.resolve(entry)],
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  outfile,
  logLevel: 'warning',
})
process.argv = [process.execPath, outfile, ...rest]
await import(pathToFileURL(outfile).href)
