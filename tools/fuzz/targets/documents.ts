import { oneOf } from '../../campaign/seeded.ts'
import { defaultServeSettings } from '../../../src/serve/default-settings.ts'
import { parseAliases } from '../../../src/enrich/aliases.ts'
import { parseAllowList } from '../../../src/indicators/allow-list.ts'
import { parseWarningList, warningList } from '../../../src/indicators/misp-warning-lists.ts'
import { readExchange, writeExchange } from '../../../src/profile/exchange.ts'
import { parseProfileFile } from '../../../src/profile/profile-file.ts'
import { readDesiredState } from '../../../src/provision/desired-state.ts'
import { starterFile } from '../../../src/provision/starter.ts'
import { readServeConfiguration } from '../../../src/serve/configuration/read.ts'
import { readServerData } from '../../../src/serve/sync/read.ts'
import { valueKinds } from '../../../src/stix/statement.ts'
import { mutated, strange } from '../mutate.ts'
import { mutatedTree } from '../mutate-tree.ts'
import {
  aDesiredState,
  aProfileFile,
  aServeConfiguration,
  aServerData,
  allowLists,
  aliasFiles,
  anExchange,
  warningLists,
} from '../seeds-documents.ts'
import { holds, same, secret, textOf } from '../target.ts'
import type { FuzzTarget, Input, Random } from '../target.ts'

/** Text of a JSON document changed in its structure or in its letters. */
function json(random: Random, text: string): Input {
  return random() < 0.6
    ? JSON.stringify(mutatedTree(random, JSON.parse(text)), undefined, random() < 0.5 ? 1 : undefined)
    : mutated(random, text, [text])
}

/** YAML with lines moved, doubled, indented, or letters changed. A key that is not known is named: none is a secret. */
function yaml(random: Random, text: string): Input {
  const changed = changedYaml(random, text)
  return typeof changed === 'string' ? changed.replaceAll(secretAsKey, 'planted') : changed
}

const secretAsKey = new RegExp(`${secret}(?=["']?\\s*:)`, 'g')

function changedYaml(random: Random, text: string): Input {
  if (random() < 0.4) return mutated(random, text, [text])
  const lines = text.split('\n')
  const at = Math.floor(random() * lines.length)
  const line = lines[at] ?? ''
  const changes = [
    () => [],
    () => [line, line],
    () => [`  ${line}`],
    () => [line.trimStart()],
    () => [`${line} ${oneOf(random, strange)}`],
    () => [line.replace(/:.*/, `: ${oneOf(random, strange)}`)],
    () => [line.replace(/:.*/, ': &a [*a, *a]')],
    () => [line.replace(/:.*/, `: ${'[ '.repeat(random() < 0.1 ? 5000 : 20)}`)],
    () => [line.replace(/[\w-]+:/, `${oneOf(random, strange)}:`)],
    () => [line, ...lines.slice(0, 3)],
    () => [`${line.slice(0, line.search(/\S|$/))}__proto__: {a: 1}`, line],
    () => [line.replace(/:.*/, ': !!binary QQ==')],
    () => [`${line.slice(0, line.search(/\S|$/))}<<: {password: 1}`, line],
  ]
  return [...lines.slice(0, at), ...oneOf(random, changes)(), ...lines.slice(at + 1)].join('\n')
}

function document(
  name: string,
  weight: number,
  make: (random: Random) => Input,
  read: (text: string) => Promise<void>,
): FuzzTarget {
  return { name, weight, open: () => ({ make, judge: (input) => read(textOf(input)) }) }
}

/** The file of profiles. */
export const profileFile = document(
  'profile-file',
  2,
  (random) => json(random, aProfileFile),
  async (text) => {
    const file = await parseProfileFile('/p/profiles.json', text)
    same(
      await parseProfileFile('/p/profiles.json', JSON.stringify(file)),
      file,
      'profiles change when they are written',
    )
  },
)

/** What `profile import` reads. */
export const exchange = document(
  'exchange',
  1,
  (random) => (random() < 0.5 ? json(random, anExchange.json) : yaml(random, anExchange.yaml)),
  async (text) => {
    const read = await readExchange(text, 'in.yaml')
    for (const format of ['yaml', 'json'] as const) {
      const again = await readExchange(await writeExchange(read, format), 'out')
      same(again.profiles, read.profiles, `profiles change as ${format}`)
      same([...again.secrets.keys()], [...read.secrets.keys()], `secrets get lost as ${format}`)
    }
  },
)

/** The desired state of a fleet, as far as it can be read without files. */
export const desiredState = document(
  'desired-state',
  3,
  (random) => yaml(random, random() < 0.2 ? starterFile('fleet') : aDesiredState),
  async (text) => {
    const { content } = await readDesiredState(text, 'fleet.yaml')
    holds(content.stixtaxii === 1, 'another format')
  },
)

/** What `serve` is configured with: the file, and variables over it. */
export const serveConfiguration = document(
  'serve-config',
  2,
  (random) => yaml(random, aServeConfiguration),
  async (text) => {
    await readServeConfiguration(text, 'server.yaml')
    const [name = '', ...rest] = text.slice(0, 200).split(':')
    await readServeConfiguration('', 'server.yaml', {
      [`STIXTAXII_SERVER__${name.trim().toUpperCase()}`]: rest.join(':').slice(0, 100),
    })
    holds(defaultServeSettings.taxii2.isEnabled, 'a default has changed')
  },
)

/** What `server sync` reads. */
export const serverData = document(
  'server-data',
  1,
  (random) => yaml(random, aServerData),
  async (text) => {
    await readServerData(text, 'data.yaml')
  },
)

/** Alias files of `enrich`. */
export const aliases = document(
  'aliases',
  1,
  (random) => yaml(random, oneOf(random, aliasFiles)),
  async (text) => {
    for (const name of ['a.yaml', 'a.csv']) {
      const fields = await parseAliases(text, name).catch((error: unknown) => {
        if (error instanceof Error && error.name === 'StixTaxiiError' && name === 'a.yaml') return new Map()
        throw error
      })
      for (const kinds of fields.values())
        for (const kind of kinds ?? [])
          holds((valueKinds as readonly string[]).includes(kind as string), `a kind ${String(kind)}`)
    }
  },
)

const asked = [
  { kind: 'domain', value: 'a.example' },
  { kind: 'ipv4', value: '198.51.100.7' },
  { kind: 'url', value: 'http://bad.example/x' },
  { kind: 'email', value: 'ann@bad.example' },
  { kind: 'md5', value: 'd41d8cd98f00b204e9800998ecf8427e' },
] as const

/** Allow lists of users, and warning lists of MISP. */
export const valueLists = document(
  'value-lists',
  2,
  (random) =>
    random() < 0.5 ? mutated(random, oneOf(random, allowLists), allowLists) : json(random, oneOf(random, warningLists)),
  (text) => {
    if (text.trimStart().startsWith('{')) {
      const list = warningList(parseWarningList('list.json', text), () => undefined)
      for (const value of asked) list.find(value)
    } else {
      const list = parseAllowList('allow.txt', text)
      for (const value of asked) list.find(value)
    }
    return Promise.resolve()
  },
)
