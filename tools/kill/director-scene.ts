import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import { isWrite } from '../../src/simulate/director/calls.ts'
import { startDirectorEmulator, type DirectorEmulator } from '../../src/simulate/director/emulator.ts'
import { runProgram } from '../campaign/program.ts'
import type { Scene } from './scene.ts'

const token = 'made-up-token'
// The emulator takes any pool and Logpoint whose ids have the right form.
const poolId = '0123456789abcdef0123456789abcdef'
const logpointId = 'fedcba98765432100000000000000001'
const apply = ['apply', '-f', 'fleet.yaml', '--yes', '-o', 'json', '--settle-time', '1']

/** D3: an apply that is killed as it writes its journal or its state, and applied again, has done each thing once. */
export function directorScene(): Scene {
  return {
    name: 'apply',
    row: 'D3',
    async prepare(folder) {
      const files = { token, pw: 'made-up-password', 'StixTaxii_6.1.0.pak': 'PK a package', 'client.crt': aCertificate }
      for (const [name, text] of Object.entries(files)) {
        await writeFile(path.join(folder, name), text, { mode: 0o600 })
      }
    },
    async stage(folder) {
      const writes = new Map<string, number>()
      const director = await startDirectorEmulator({
        token,
        onResponse(request, { status }) {
          if (status >= 300 || !request.call || !isWrite(request.call) || request.call === 'refreshList')
            return undefined
          const about = `${request.call} ${request.path} ${request.upload?.fileName ?? ''}`
          writes.set(about, (writes.get(about) ?? 0) + 1)
          return undefined
        },
      })
      await writeFile(path.join(folder, 'fleet.yaml'), stringify(fleetOf(director)), { mode: 0o600 })
      return {
        faults: () =>
          [...writes].filter(([, count]) => count > 1).map(([about, count]) => `${about} was done ${count} times`),
        [Symbol.asyncDispose]: () => director.close(),
      }
    },
    argv: apply,
    async judge(folder) {
      const again = await runProgram({ folder, argv: apply })
      if (again.status !== 0) return [`applied again: ${again.told.trim()}`]
      const plan = await runProgram({ folder, argv: ['plan', '-f', 'fleet.yaml', '--exit-code', '-o', 'json'] })
      return plan.status === 0 ? [] : [`something is left to do: ${plan.told.trim()}`]
    },
  }
}

const aCertificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'

function fleetOf(director: DirectorEmulator): Record<string, unknown> {
  return {
    stixtaxii: 1,
    name: 'fleet',
    director: { url: director.url, token: { file: 'token' } },
    pools: { acme: poolId },
    logpoints: { 'acme/lp1': logpointId },
    package: { file: 'StixTaxii_6.1.0.pak' },
    certificates: [{ file: 'client.crt' }],
    sources: {
      partner: {
        ...{ url: 'https://taxii.example/taxii2/', taxiiVersion: '2.1', begin: '20d', fetchInterval: '2d' },
        ...{ username: 'ann', password: { file: 'pw' } },
      },
    },
  }
}
