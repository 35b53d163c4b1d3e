// Builds after `npm ci` and before packing. An install without development packages (`--omit=dev`) has nothing to build
// with, and must not fail for it.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

function isInstalled(name) {
  try {
    require.resolve(`${name}/package.json`)
    return true
  } catch {
    return false
  }
}

if (isInstalled('esbuild') && isInstalled('typescript')) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  process.exitCode = status ?? 1
} else {
  console.error('stixtaxii: not built, since the development packages are not installed')
}
