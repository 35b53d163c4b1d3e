import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Compiles the cores and writes them into src/scan. With --check it only says whether they are up to date.
// The sources are named .as, so that the project's own compiler and linter, which do not know their types, pass them by.
const here = dirname(fileURLToPath(import.meta.url))
const compiler = join(here, 'node_modules/assemblyscript/bin/asc.js')
const code = ['--runtime', 'stub', '--noAssert', '-O3', '--enable', 'simd', '--disable', 'bulk-memory']
const common = ['--memoryBase', '512', '--use', 'abort=']
const cores = [
  { source: 'scan', target: 'core', name: 'coreBase64', memory: ['--initialMemory', '18', '--maximumMemory', '18'] },
  // Grown by who has tables for it.
  { source: 'lines', target: 'line-core', name: 'lineCoreBase64', memory: ['--initialMemory', '93'] },
]
const titles = { scan: 'The scanning core', lines: 'The core that goes over log lines' }

let stale = false
for (const { source, target, name, memory } of cores) {
  const folder = mkdtempSync(join(tmpdir(), 'stixtaxii-scan-'))
  copyFileSync(join(here, `assembly/${source}.as`), join(folder, `${source}.ts`))
  execFileSync(
    process.execPath,
    [compiler, `${source}.ts`, '-o', `${source}.wasm`, ...code, ...common.slice(0, 2), ...memory, ...common.slice(2)],
    { cwd: folder, stdio: 'inherit' },
  )
  const bytes = readFileSync(join(folder, `${source}.wasm`))
  rmSync(folder, { recursive: true })
  const file = join(here, `../../src/scan/${target}.generated.ts`)
  const text = `// Made from tools/scan/assembly/${source}.as by: cd tools/scan && npm ci && npm run build
/** ${titles[source]}, a WebAssembly module in base64 (${bytes.length} bytes). */
export const ${name} =
  '${bytes.toString('base64')}'
`
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text)
    console.log(`${source}: ${bytes.length} bytes`)
  } else if (readFileSync(file, 'utf8') !== text) {
    console.error(`src/scan/${target}.generated.ts is not what tools/scan makes: cd tools/scan && npm run build`)
    stale = true
  }
}
if (stale) process.exit(1)
