import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/run-cli.ts'

const root = path.resolve(import.meta.dirname, '../..')

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version: string; readonly dev?: true; readonly devOptional?: true }>
  >
}

interface Bill {
  readonly components: readonly { readonly name: string; readonly version: string; readonly hashes?: unknown }[]
}

// `.ci/run` has made one to install from.
const made = process.env.STIXTAXII_RELEASE

it('S22 a release names every package that users get, with checksums', async () => {
  const folder = made ?? path.join(temporaryFolder(), 'release')
  if (made === undefined) await promisify(execFile)('npm', ['run', '--silent', 'release', folder], { cwd: root })

  const checked = execFileSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: folder, encoding: 'utf8' })
  expect(checked.match(/: OK$/gm)).toHaveLength(2)
  const name = /\S+\.cdx\.json/.exec(checked)?.[0].replace(/:.*/, '') ?? ''
  const bill = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Bill
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as Lock
  const installed = Object.entries(lock.packages).filter(
    ([place, { dev, devOptional }]) => place !== '' && !dev && !devOptional && existsSync(path.join(root, place)),
  )
  const named = new Set(bill.components.map((each) => `${each.name}@${each.version}`))
  expect(installed.length).toBeGreaterThan(50)
  for (const [place, { version }] of installed)
    expect(named).toContain(`${place.split('node_modules/').at(-1)}@${version}`)
  for (const each of bill.components) expect([each.name, each.hashes]).toEqual([each.name, expect.anything()])
})
