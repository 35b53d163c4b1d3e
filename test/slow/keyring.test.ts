import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { bundleChild } from '../profile/child-program.ts'

function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`])
    return true
  } catch {
    return false
  }
}

const hasKeyring = isInstalled('dbus-run-session') && isInstalled('gnome-keyring-daemon')

describe('a real GNOME keyring', () => {
  it.skipIf(!hasKeyring)('S4 keeps, replaces, lists and removes secrets (needs gnome-keyring and dbus)', async () => {
    const program = await bundleChild('test/profile/keyring.child.ts')
    const home = await mkdtemp(join(tmpdir(), 'stixtaxii-keyring-'))
    const script =
      'printf passphrase | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec "$0" "$1"'
    const env = { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: home }
    const args = ['--', 'sh', '-c', script, process.execPath, program]
    const { stdout } = await promisify(execFile)('dbus-run-session', args, { env, timeout: 30_000 })
    expect(JSON.parse(stdout)).toEqual([null, 'second', true, true, false, false])
    await rm(home, { recursive: true, force: true })
  })
})
