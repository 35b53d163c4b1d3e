import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { commandRegistry } from '../../src/cli/registry.ts'
import { exitStatusOfKind } from '../../src/core/errors.ts'
import { readSchema, schemaProblems } from '../support/json-schema.ts'
import { runCli } from '../support/run-cli.ts'

const folder = path.resolve(import.meta.dirname, '../../schemas')
const names = readdirSync(folder).map((file) => file.replace(/\.json$/, ''))

describe('the JSON schemas', () => {
  it.each(names)('%s is a schema that says what it describes and where it lives', (name) => {
    const schema = readSchema(name)
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
    expect(String(schema.$id)).toMatch(new RegExp(`/${name}\\.json$`))
    expect(schema.title).toBeTypeOf('string')
    expect(() => z.fromJSONSchema(schema)).not.toThrow()
  })

  it('are all used, and every command that writes records has one', async () => {
    const commands = await Promise.all(commandRegistry.map((row) => row.load()))
    const used = new Set(['error', 'desired-state', ...commands.map((command) => command.schema)])
    expect(names.filter((name) => !used.has(name))).toEqual([])
    expect(commands.filter((command) => command.schema && !names.includes(command.schema))).toEqual([])
    const without = commands.filter(
      (command) => !command.schema && !command.ownFormat && command.needs.includes('output'),
    )
    expect(without.map((command) => command.path)).toEqual([])
  })

  it('error describes what failures are told as', async () => {
    const { stderr } = await runCli('nothing -o json')
    expect(schemaProblems('error', JSON.parse(stderr))).toEqual([])
    expect(schemaProblems('error', { error: { code: 'bad' } })).not.toEqual([])
    const kinds = (readSchema('error') as { properties: { error: { properties: { kind: { enum: string[] } } } } })
      .properties
    expect(kinds.error.properties.kind.enum).toEqual(Object.keys(exitStatusOfKind))
  })
})
