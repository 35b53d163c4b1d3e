import { expect, it } from 'vitest'
import { readDesiredState } from '../../src/provision/desired-state.ts'

it.each(['__proto__', 'constructor', 'prototype'])(
  'a source called %s is refused with its line, not dropped',
  async (name) => {
    const text = `stixtaxii: 1\nname: fleet\nsources:\n  ${name}:\n    url: https://taxii.example/\n`
    await expect(readDesiredState(text, 'fleet.yaml')).rejects.toMatchObject({
      code: 'PROVISION_FILE_INVALID',
      message: `fleet.yaml:4:3: nothing may be called "${name}"`,
    })
  },
)
