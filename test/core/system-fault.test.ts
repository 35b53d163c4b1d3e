import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { systemFault, whyOf } from '../../src/core/system-fault.ts'

function refused(code: string, message: string): Error {
  return Object.assign(new Error(message), { code, syscall: 'write' })
}

describe('why a call of the system failed', () => {
  it('L3 is told in words, with the number for those who look it up', async () => {
    expect(whyOf(await readFile('/nowhere/at/all').catch((error: unknown) => error))).toBe(
      'no such file or folder (ENOENT)',
    )
    expect(whyOf(refused('ENOSPC', 'ENOSPC: no space left on device, write'))).toBe(
      'no space left on the disk (ENOSPC)',
    )
    expect(whyOf(refused('ENOTEMPTY', "ENOTEMPTY: directory not empty, rmdir '/a'"))).toBe(
      'directory not empty (ENOTEMPTY)',
    )
    expect(whyOf(refused('EADDRNOTAVAIL', 'listen EADDRNOTAVAIL: address not available 192.0.2.1:80'))).toBe(
      'address not available 192.0.2.1:80 (EADDRNOTAVAIL)',
    )
    expect(whyOf(refused('EXDEV', 'odd'))).toBe('refused by the system (EXDEV)')
  })

  it('L3 keeps the words of what the system did not say, without a second line', () => {
    expect(whyOf(new Error('it is no number\nat once'))).toBe('it is no number')
    expect(whyOf(refused('ERR_OSSL_RAND', 'entropy source failure'))).toBe('entropy source failure')
    expect(whyOf('gone')).toBe('gone')
  })

  it('L3 has words for a system without random numbers', () => {
    const fault = Object.assign(new Error('error:12000066:random number generator::entropy source failure'), {
      code: 'ERR_OSSL_RAND_ENTROPY_SOURCE_FAILURE',
    })
    const said = 'the system gave no random numbers (ERR_OSSL_RAND_ENTROPY_SOURCE_FAILURE)'
    expect(whyOf(fault)).toBe(said)
    expect(systemFault(fault)).toMatchObject({ message: said, hint: expect.stringContaining('/dev/urandom') as string })
  })

  it('L3 has words for a number that we do not know', () => {
    expect(systemFault(refused('EXDEV', 'EXDEV: cross-device link not permitted, rename'))?.message).toBe(
      'The system refused: cross-device link not permitted (EXDEV)',
    )
  })
})
