import { existsSync } from 'node:fs'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCredentials } from '../../src/profile/credentials/credentials.ts'
import { Secret } from '../../src/core/secret.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { realClock, realProcesses } from './processes.ts'

describe.skipIf(!existsSync('/proc/self/cmdline'))('S6 the process list (needs /proc)', () => {
  it('shows no secret while a helper runs, neither in arguments nor in the environment it was given', async () => {
    const folder = await temporaryFolder()
    const seenFile = join(folder, 'seen.json')
    const secretFile = join(folder, 'secret')
    await writeFile(secretFile, 'c4n4ry-helper\n', { mode: 0o600 })
    // The helper looks at its own process as anybody else on the machine could, and prints what it keeps.
    const helper = `
      const fs = require('node:fs')
      const own = ['cmdline', 'environ'].map((part) => fs.readFileSync('/proc/self/' + part, 'utf8'))
      fs.writeFileSync(${JSON.stringify(seenFile)}, JSON.stringify(own))
      console.log(fs.readFileSync(${JSON.stringify(secretFile)}, 'utf8').trim())
    `
    const credentials = openCredentials({
      directory: () => folder,
      clock: realClock,
      processes: realProcesses,
      environment: { PATH: process.env.PATH, STIXTAXII_PASSWORD: 'c4n4ry-password', STIXTAXII_TOKEN: 'c4n4ry-token' },
      terminal: { canAsk: false, askSecret: () => Promise.reject(new Error()) },
      notices: () => undefined,
    })
    const command = [process.execPath, '-e', helper]
    const secret = await credentials.resolve({ from: 'command', command }, { what: 'the password' })
    expect(Secret.open(secret)).toBe('c4n4ry-helper')
    expect(await readFile(seenFile, 'utf8')).not.toContain('c4n4ry')
    expect(await readFile('/proc/self/cmdline', 'utf8')).not.toContain('c4n4ry')
    expect((await readdir(folder)).sort()).toEqual(['secret', 'seen.json'])
  })
})
