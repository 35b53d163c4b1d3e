import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Compiles the core and writes it as src/scan/core.generated.ts. With --check it only says whether that is up to date.
// The source is named .as, so that the project's own compiler and linter, which do not know its types, pass it by.
const here = dirname(fileURLToPath(import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'stixtaxii-scan-'))
const source = join(folder, 'scan.ts')
const wasm = join(folder, 'scan.wasm')
copyFileSync(join(here, 'assembly/scan.as'), source)
const compiler = join(here, 'node_modules/assemblyscript/bin/asc.js')
const code = ['--runtime', 'stub', '--noAssert', '-O3', '--enable', 'simd', '--disable', 'bulk-memory']
const memory = ['--memoryBase', '512', '--initialMemory', '18', '--maximumMemory', '18', '--use', 'abort=']
execFileSync(process.execPath, [compiler, 'scan.ts', '-o', 'scan.wasm', ...code, ...memory], {
  cwd: folder,
  stdio: 'inherit',
})
const bytes = readFileSync(wasm)
rmSync(folder, { recursive: true })
const target = join(here, '../../src/scan/core.generated.ts')
const text = `// Made from tools/scan/assembly/scan.as by: cd tools/scan && npm ci && npm run build
/** The scanning core, a WebAssembly module in base64 (${bytes.length} bytes). */
export const coreBase64 =
  '${bytes.toString('base64')}'
`
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') === text) process.exit(0)
  console.error('src/scan/core.generated.ts is not what tools/scan makes: cd tools/scan && npm run build')
  process.exit(1)
}
writeFileSync(target, text)
console.log(`${bytes.length} bytes`)
