import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readInput } from '../../src/cli/command-input.ts'
import { parseCommandLine } from '../../src/cli/program.ts'
import { commandRegistry } from '../../src/cli/registry.ts'
import { defaultPort } from '../../src/serve/default-settings.ts'

const deploy = path.resolve(import.meta.dirname, '../../deploy')
const unit = readFileSync(path.join(deploy, 'stixtaxii-serve.service'), 'utf8')
const container = readFileSync(path.join(deploy, 'Containerfile.serve'), 'utf8')

async function inputOf(line: readonly string[]): Promise<Record<string, unknown>> {
  const parsed = await parseCommandLine(line, { rows: commandRegistry, environment: {}, columns: 80 })
  if (parsed.asks === 'text') throw new Error('asks for help')
  return readInput(parsed.command, parsed.typed)
}

describe('the unit for systemd', () => {
  it('starts a command that there is, and lets it end by itself', async () => {
    const [, line = ''] = /^ExecStart=\S+ (.*)$/m.exec(unit) ?? []
    const input = await inputOf(line.replaceAll(/\$\{(\w+)\}/g, '/$1').split(' '))
    expect(input).toMatchObject({ fetch: true, config: '/CONFIGURATION_DIRECTORY/server.yaml' })
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(13)
  })

  it('gives it no more than it needs', () => {
    const wanted = [
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
      'ProtectHome=yes',
      'CapabilityBoundingSet=',
      'UMask=0077',
    ]
    for (const line of wanted) expect(unit.split('\n')).toContain(line)
    expect(unit).not.toMatch(/^User=root/m)
  })
})

describe('the container', () => {
  it('starts a command that there is, on the port that it says, as no administrator', async () => {
    const line = JSON.parse(/^CMD (\[.*\])$/m.exec(container)?.[1] ?? '') as string[]
    const input = await inputOf(line)
    expect(input).toMatchObject({ host: '0.0.0.0', behindTls: true })
    expect(container).toContain(`EXPOSE ${input['port'] ?? defaultPort}`)
    expect(container).not.toMatch(/^USER (root|0)/m)
  })
})
