import assert from 'node:assert/strict'

/**
 * One promise of a contract. `run` throws where it is not kept, and says what was expected and what came. It opens what it
 * tests for itself and closes it, so checks can run in any order; any test runner will do, or none:
 * `for (const { name, run } of checks) test(name, run)`.
 */
export interface ContractCheck {
  readonly name: string
  run(): Promise<void>
}

/** Makes checks of what is promised of a thing that is opened anew, and empty, for each. */
export function checksOf<Subject extends AsyncDisposable>(
  open: () => Promise<Subject>,
  promises: Readonly<Record<string, (subject: Subject) => Promise<void>>>,
): readonly ContractCheck[] {
  return Object.entries(promises).map(([name, keep]) => ({
    name,
    async run() {
      await using subject = await open()
      await keep(subject)
    },
  }))
}

/** That something is refused with an error of this code: any error that has it as `code`. */
export async function refuses(code: string, work: () => unknown): Promise<void> {
  let refused: unknown
  try {
    await work()
  } catch (error) {
    refused = error
  }
  assert.ok(refused !== undefined, `nothing was thrown, ${code} was expected`)
  const found = (refused as { readonly code?: unknown }).code
  assert.equal(found, code, `an error with the code ${code} was expected: ${String(refused)}`)
}

/** A time as the contracts want it: UTC, `Z`, six digits. */
export const exactTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/

/** That times rise and none comes twice. */
export function rises(times: readonly string[]): void {
  for (const time of times) assert.match(time, exactTime)
  assert.deepEqual(times, [...new Set(times)].sort(), 'dates are unique and rise')
}
