import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandGroups, commandRegistry } from '../src/cli/registry.ts'
import { globalFlagNames } from '../src/cli/global-flags.ts'
import { inputFields } from '../src/cli/input-fields.ts'
import { outputRegistry } from '../src/output/registry.ts'
import { outputFormats } from '../src/output/writer.ts'

const root = path.resolve(import.meta.dirname, '..')
const filesIn = (folder: string): string[] =>
  readdirSync(path.join(root, folder))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/\.ts$/, ''))

describe('the registry of commands', () => {
  it('lists every command module', () => {
    const parts = filesIn('src/cli').filter((name) => name.startsWith('registry'))
    const text = parts.map((name) => readFileSync(path.join(root, 'src/cli', `${name}.ts`), 'utf8')).join('')
    const missing = filesIn('src/cli/commands').filter((name) => {
      const module = readFileSync(path.join(root, 'src/cli/commands', `${name}.ts`), 'utf8')
      return module.includes('defineCommand(') && !text.includes(`'./commands/${name}.ts'`)
    })
    expect(missing).toEqual([])
  })

  it('names each command once, and no command is also a group', () => {
    const paths = commandRegistry.map((row) => row.path)
    expect(new Set(paths).size).toBe(paths.length)
    expect(paths.filter((one) => paths.some((other) => other.startsWith(`${one} `)))).toEqual([])
  })

  it('says what every group is for', () => {
    const groups = commandRegistry.map((row) => row.path.split(' ').slice(0, -1).join(' ')).filter(Boolean)
    expect([...new Set(groups)].filter((group) => !commandGroups[group])).toEqual([])
    expect(
      Object.keys(commandGroups).filter((group) => !groups.some((one) => one === group || one.startsWith(`${group} `))),
    ).toEqual([])
  })

  it.each(commandRegistry.map((row) => [row.path, row] as const))('%s loads what its row says', async (_, row) => {
    const command = await row.load()
    expect(command.path).toBe(row.path)
    expect(command.summary).toBe(row.summary)
    expect(command.positional?.filter((name) => !(name in command.input.shape)) ?? []).toEqual([])
    const flags = inputFields(command).filter((field) => !field.positional)
    expect(flags.filter((field) => globalFlagNames.includes(field.flag)).map((field) => field.flag)).toEqual([])
    // `--no-x` would be read as the other position of `--x`.
    expect(flags.filter((field) => field.flag.startsWith('no-')).map((field) => field.flag)).toEqual([])
  })
})

describe('the registry of formats', () => {
  it('has every format, each in a file of its own', async () => {
    expect(Object.keys(outputRegistry)).toEqual([...outputFormats])
    for (const format of outputFormats) {
      expect(filesIn('src/output')).toContain(format)
      expect(await outputRegistry[format]()).toBeTypeOf('function')
    }
  })
})

describe('the lists of the other rooms', () => {
  /** Files of a folder that its registry does not name, but for those that are no variants. */
  const forgotten = (folder: string, noVariants: readonly string[] = []): string[] => {
    const registry = readFileSync(path.join(root, folder, 'registry.ts'), 'utf8')
    return filesIn(folder).filter((name) => {
      return name !== 'registry' && !noVariants.includes(name) && !registry.includes(`./${name}.ts'`)
    })
  }

  it('have every preset', () => {
    expect(filesIn('src/taxii/presets').length).toBeGreaterThan(10)
    expect(forgotten('src/taxii/presets')).toEqual([])
  })

  it('have every credential store', () => {
    expect(forgotten('src/profile/credentials', ['credentials', 'helper', 'seal'])).toEqual([])
  })

  it('have every store driver', () => {
    const registry = readFileSync(path.join(root, 'src/store/registry.ts'), 'utf8')
    const drivers = readdirSync(path.join(root, 'src/store'), { withFileTypes: true }).filter(
      // What is kept beside the versions, over any driver.
      (entry) => entry.isDirectory() && entry.name !== 'records',
    )
    expect(drivers.filter(({ name }) => !registry.includes(`'./${name}/driver.ts'`)).map(({ name }) => name)).toEqual(
      [],
    )
  })
})
