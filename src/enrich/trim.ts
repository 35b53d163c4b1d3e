/**
 * A text without these characters at its ends. By hand, because a regular expression takes quadratic time over a long run of
 * them that is not at the end, and logs are written by others.
 */
export function trimmed(text: string, characters: string): string {
  let start = 0
  while (start < text.length && characters.includes(text[start] as string)) start++
  return trimmedEnd(start === 0 ? text : text.slice(start), characters)
}

/** The same at the end only. */
export function trimmedEnd(text: string, characters: string): string {
  let end = text.length
  while (end > 0 && characters.includes(text[end - 1] as string)) end--
  return end === text.length ? text : text.slice(0, end)
}
