import { describe, expect, it } from 'vitest'
import { desiredStateJsonSchema } from '../../src/provision/desired-state-schema.ts'
import { readDesiredState } from '../../src/provision/desired-state.ts'
import { starterFile } from '../../src/provision/starter.ts'
import { readSchema } from '../support/json-schema.ts'

const head = 'stixtaxii: 1\nname: fleet\n'

async function faultOf(text: string): Promise<{ code: string; message: string; hint: string | undefined }> {
  const error = (await readDesiredState(text, 'fleet.yaml').catch((thrown: unknown) => thrown)) as Error & {
    code: string
    hint: string | undefined
  }
  return { code: error.code, message: error.message, hint: error.hint }
}

describe('a desired state', () => {
  it('is described by the schema that is shipped for editors', () => {
    expect(readSchema('desired-state')).toEqual(desiredStateJsonSchema())
  })

  it('begins as a file that can be read and names its schema', async () => {
    const text = starterFile('site-a')
    expect(text.split('\n', 1)[0]).toBe(`# yaml-language-server: $schema=${String(readSchema('desired-state').$id)}`)
    for (const said of ['schemas/desired-state.json, beside', 'ca:', 'pin:', 'allowHttp:']) expect(text).toContain(said)
    expect((await readDesiredState(text, 'fleet.yaml')).content.name).toBe('site-a')
    for (const odd of ['123', '1e5', 'true', 'null'])
      expect((await readDesiredState(starterFile(odd), 'fleet.yaml')).content.name).toBe(odd)
    const known = (await readDesiredState(starterFile('site-a', { poolsKnown: true }), 'fleet.yaml')).content
    expect(known).not.toHaveProperty('pools')
    expect(known).not.toHaveProperty('logpoints')
    // Everything that is commented out is right too.
    const whole = text
      .split('\n')
      .map((line) =>
        /^# (director|on|package|certificates|sources|overrides|removed):|^# {2,}\S/.test(line) ? line.slice(2) : line,
      )
      .join('\n')
      .replaceAll('\n    # ', '\n    ')
      .replace(/ {2}# or, without.*\n {2}url.*\n {2}token.*\n/, '')
      .replaceAll(/^ {2}(By reference|Or wholly).*\n/gm, '')
    expect((await readDesiredState(whole, 'fleet.yaml')).content.sources).toMatchObject({ partner: { begin: '20d' } })
  })

  it.each([
    ['an unknown key', 'sourcess: {}\n', 'fleet.yaml:3:1: there is no "sourcess"', 'Did you mean "sources"?'],
    [
      'an unknown key deep inside',
      'sources:\n  a:\n    url: https://taxii.example/\n    fetchIntervall: 2d\n',
      'fleet.yaml:6:5: there is no "fetchIntervall" in sources.a',
      'Did you mean "fetchInterval"?',
    ],
    ['an alias of nothing', 'pools: *nobody\n', 'an alias without its anchor', undefined],
    [
      'a bomb of aliases',
      `pools: &a { x: y }\n${[...'bcdefg'].map((name, at) => `${name}: &${name} [${`*${'abcdef'[at]},`.repeat(10)}]\n`).join('')}`,
      'too many aliases',
      undefined,
    ],
    ['minutes', 'sources: { a: { begin: 30m } }\n', 'fleet.yaml:3:17: sources.a.begin must be a duration', undefined],
    ['months between fetches', 'sources: { a: { fetchInterval: 1mo } }\n', 'must be hours, days or weeks', undefined],
    ['a version that YAML took for a number', 'sources: { a: { taxiiVersion: 2.1 } }\n', 'in quotes', undefined],
    [
      'an identifier that YAML took for a number',
      'pools: { a: 12345678901234567890 }\n',
      'put it in quotes',
      undefined,
    ],
    [
      'a URL with a password',
      'sources: { a: { url: https://u:p@taxii.example/ } }\n',
      'user name or password',
      undefined,
    ],
    ['a URL with a key', 'sources: { a: { url: "https://taxii.example/?api_key=1" } }\n', 'has a key in it', undefined],
    [
      'a package that is none',
      'package: { file: setup.exe }\n',
      'fleet.yaml:3:12: package.file must name a .pak',
      undefined,
    ],
    ['a key twice', 'name: again\n', 'fleet.yaml:3:1: this key stands twice', undefined],
    ['no YAML', 'sources: [\n', 'no YAML from here on', undefined],
  ])('with %s is refused with file, line and what is meant', async (_, text, message, hint) => {
    const fault = await faultOf(head + text)
    expect(fault.code).toBe('PROVISION_FILE_INVALID')
    expect(fault.message).toContain(message)
    if (hint !== undefined) expect(fault.hint).toBe(hint)
  })

  it('with a secret in clear is refused with its line, and does not repeat it', async () => {
    const fault = await faultOf(`${head}sources:\n  a:\n    password: hunter2-canary\n`)
    expect(fault).toMatchObject({ code: 'PROVISION_SECRET_CLEAR' })
    expect(fault.message).toBe('fleet.yaml:5:5: sources.a.password is written in clear')
    expect(JSON.stringify(fault)).not.toContain('canary')
  })
})
