/** A named fault of a row: what goes wrong, and the tests that show that it is survived. */
export interface Fault {
  readonly row: string
  readonly about: string
  /** A part of the names of its tests, as they stand in the source (`%s` and all). */
  readonly test?: string | undefined
  /** One case of a table of tests, as the name of the test has it when it runs. */
  readonly of?: string | undefined
  /** Why no test shows it. */
  readonly struck?: string | undefined
}

/** What stands behind a fault in a list: a test, one case of a table of tests, or why there is none. */
export type Shown = string | readonly [test: string, of: string] | { readonly struck: string }

/** Cases of one table of tests that are called as the faults they show. */
export const cases = (test: string, names: readonly string[]): Readonly<Record<string, Shown>> =>
  Object.fromEntries(names.map((name) => [name, [test, name]]))

/** Writes a list by row out as faults, in its order. */
export function faultsOf(rows: Readonly<Record<string, Readonly<Record<string, Shown>>>>): readonly Fault[] {
  return Object.entries(rows).flatMap(([row, faults]) =>
    Object.entries(faults).map(([about, shown]): Fault => {
      if (typeof shown === 'string') return { row, about, test: shown }
      return 'struck' in shown ? { row, about, struck: shown.struck } : { row, about, test: shown[0], of: shown[1] }
    }),
  )
}
