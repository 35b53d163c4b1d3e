import { expect } from 'vitest'
import type { World } from '../provision/a-fleet.ts'
import { schemaProblems } from '../support/json-schema.ts'
import type { CliResult } from '../support/run-cli.ts'

interface Applied {
  readonly results: readonly {
    target: string
    status: string
    writes: number
    notes: string[]
    error: { code: string } | null
  }[]
  readonly totals: Record<string, number>
}

interface Planned {
  readonly results: readonly {
    target: string
    changes: { sign: string; thing: string; fields: { field: string; from: string; to: string }[] }[]
    notes: string[]
    error: { code: string } | null
  }[]
  readonly totals: Record<string, number>
}

/** What `apply -o json` printed; it must be as its schema says. */
export function applied(result: CliResult): Applied {
  const value = JSON.parse(result.stdout) as Applied
  expect(schemaProblems('apply', value)).toEqual([])
  return value
}

/** What `plan -o json` printed; it must be as its schema says. */
export function planned(result: CliResult): Planned {
  const value = JSON.parse(result.stdout) as Planned
  expect(schemaProblems('plan', value)).toEqual([])
  return value
}

/** The error record on standard error. */
export function errorOf(result: CliResult): { code: string; kind: string; message: string; hint: string | null } {
  const line = result.stderr.split('\n').find((each) => each.startsWith('{"error"')) ?? '{}'
  return (JSON.parse(line) as { error: never }).error
}

/** Applies the desired state without a question. */
export const apply = 'apply -f fleet.yaml --yes -o json --settle-time 0'

/** Makes the lists of the Director fresh. */
export async function refresh(world: World): Promise<void> {
  await world.run('drift -f fleet.yaml --refresh')
}
