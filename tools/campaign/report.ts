/** One thing a campaign found that must not be: what was done, what was seen, how to see it again. */
export interface Finding {
  readonly what: string
  readonly seen: string
  /** The command line that repeats it. */
  readonly again: string
}

/** How many findings are printed; the rest are counted. */
const shown = 20

/**
 * Prints what was done, one line each, then the findings; returns the exit status: 0 when there is none and something was
 * done, else 1. A campaign that did nothing has shown nothing.
 */
export function reportCampaign(lines: readonly string[], findings: readonly Finding[], done: number): number {
  for (const line of lines) console.log(line)
  for (const { what, seen, again } of findings.slice(0, shown)) console.log(`NOT HELD ${what}\n  ${seen}\n  ${again}`)
  if (findings.length > shown) console.log(`and ${findings.length - shown} more`)
  console.log(`${done} done, ${findings.length} not held`)
  return findings.length === 0 && done > 0 ? 0 : 1
}
