/**
 * A line of shell as the words of each command in it: quotes, pipes, `&&`, `;`, leading assignments, redirections and
 * comments are understood; enough for the examples of a help text.
 */
export function shellWords(line: string): string[][] {
  const commands: string[][] = [[]]
  const token = /\s+|(#[^]*)|(\|\||&&|[|;])|(\d?>>?|<)\s*\S+|((?:"[^"]*"|'[^']*'|[^\s"'|;<>])+)/g
  for (const [, comment, separator, redirection, word] of line.matchAll(token)) {
    if (comment !== undefined) break
    if (separator !== undefined) commands.push([])
    else if (redirection === undefined && word !== undefined) commands.at(-1)?.push(unquoted(word))
  }
  return commands.map(withoutAssignments).filter((words) => words.length > 0)
}

function unquoted(word: string): string {
  return word.replace(
    /"([^"]*)"|'([^']*)'/g,
    (_, double: string | undefined, single: string | undefined) => double ?? single ?? '',
  )
}

function withoutAssignments(words: string[]): string[] {
  const first = words.findIndex((word) => !/^[A-Z_]+=/.test(word))
  return first < 0 ? [] : words.slice(first)
}
