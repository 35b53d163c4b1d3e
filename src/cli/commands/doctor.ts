import { z } from 'zod'
import { examine, failureOfChecks } from '../../workflow/doctor.ts'
import type { Check } from '../../workflow/check.ts'
import { defineCommand } from '../command.ts'

export const doctor = defineCommand({
  path: 'doctor',
  summary: 'Check the machine, the profiles, the store, each source and Director, and say what fixes what is wrong',
  details:
    'Connects to each enabled source and each Director, or to those named, and stores and changes nothing. Each check is ok, warn or fail; ' +
    'the exit status is 0, or that of the first failure.',
  examples: ['stixtaxii doctor', 'stixtaxii doctor acme -o json'],
  positional: ['name'],
  input: z.object({ name: z.array(z.string()).default([]).describe('names of profiles; default: every enabled one') }),
  needs: ['environment', 'profiles', 'store', 'connect', 'connectDirector', 'clock', 'output', 'options', 'signal'],
  makesNoStore: true,
  schema: 'doctor',
  async run({ name }, parts) {
    const { profile } = parts.options
    const names = name.length > 0 || profile === undefined ? name : [profile]
    const dependencies = { ...parts, nodeVersion: process.versions.node }
    const checks: Check[] = []
    for await (const check of examine(dependencies, [...new Set(names)], parts.signal)) checks.push(check)
    await parts.output.list(
      checks.map(({ kind, ...check }) => ({ ...check, kind: kind ?? null })),
      shape,
    )
    const failure = failureOfChecks(checks)
    if (failure) throw failure
  },
})

const shape = {
  columns: [
    { field: 'source', head: 'Source' },
    { field: 'check', head: 'Check' },
    { field: 'status', head: 'Status' },
    { field: 'message', head: 'Finding', long: 'wrap' },
    { field: 'fix', head: 'What to do', long: 'wrap' },
  ],
  name: 'check',
} as const
