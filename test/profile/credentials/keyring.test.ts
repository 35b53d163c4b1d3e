import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { bundleChild } from '../child-program.ts'

describe('the keyring', () => {
  it.skipIf(process.platform !== 'linux')(
    'S4 that does not answer is an error that names other places, and nothing else is used instead',
    async () => {
      const program = await bundleChild('test/profile/keyring.child.ts')
      // No session bus, as on a server: the package would fall back to the kernel's keyring, which forgets at a boot.
      const env = { PATH: process.env.PATH, HOME: '/nonexistent' }
      const { stdout } = await promisify(execFile)(process.execPath, [program], { env })
      expect(JSON.parse(stdout)).toMatchObject({
        code: 'PROFILE_KEYRING_UNAVAILABLE',
        kind: 'config',
        hint: expect.stringContaining('--credential-store sealed') as string,
      })
    },
  )
})
