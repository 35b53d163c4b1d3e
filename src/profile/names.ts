import { StixTaxiiError } from '../core/errors.ts'

const slug = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$/
// Device names of Windows, and words that `configure` or the environment already use.
const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d|taxii|director|environment)(?:\..*)?$/i

/** The name of the profile that is made wholly of environment variables. */
export const environmentName = 'environment'

/**
 * Refuses what is no name of a profile: 1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter or
 * digit and not ending with a dot, so that it can be a file's name on any system and never looks like a URL or a flag.
 * @throws PROFILE_NAME_INVALID (usage)
 */
export function checkProfileName(name: string): string {
  if (slug.test(name) && !reserved.test(name)) return name
  throw new StixTaxiiError('PROFILE_NAME_INVALID', `"${name}" cannot be the name of a profile`, {
    kind: 'usage',
    hint: reserved.test(name)
      ? 'That word has a meaning of its own; choose another name.'
      : 'Use 1 to 64 letters, digits, dots, dashes or underscores, beginning with a letter or digit.',
    context: { name },
  })
}

/** Whether the text can be a profile's name, as opposed to a URL. */
export function isProfileName(text: string): boolean {
  return slug.test(text)
}

/** The candidate most like `name`, or undefined when none is near enough to be a slip of the finger. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), bestDistance)
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best ?? candidates.find((candidate) => name !== '' && candidate.toLowerCase().startsWith(name.toLowerCase()))
}

/** Levenshtein's distance; anything from `limit` on may come back as `limit`. */
function editDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) >= limit) return limit
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1] ? 0 : 1
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same))
    }
    row = next
  }
  return row[right.length] ?? limit
}
