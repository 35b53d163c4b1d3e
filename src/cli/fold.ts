/** What is explained beside a term needs so many columns; with fewer it stands below. */
const leastBeside = 24
const indentBelow = '      '

/**
 * A text of ours in so many columns, without a broken word. A line of a table (a term, two blanks or more, and what it
 * means) goes on under its explanation, or has it below the term where there is little room; every other line is a
 * paragraph and goes on under its first words.
 */
export function fold(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => (line.length <= columns ? line : foldLine(line, columns)))
    .join('\n')
}

function foldLine(line: string, columns: number): string {
  const [, term, meaning] = /^(.*\S {2,})(\S.*)$/.exec(line) ?? []
  if (term === undefined || meaning === undefined) return foldWords(line, columns, '')
  if (columns - term.length < leastBeside) {
    return `${term.trimEnd()}\n${indentBelow}${foldWords(meaning, columns - indentBelow.length, indentBelow)}`
  }
  return `${term}${foldWords(meaning, columns - term.length, ' '.repeat(term.length))}`
}

/** Words in lines of at most so many characters, the second and later ones behind `indent`, which does not count. */
export function foldWords(text: string, width: number, indent: string): string {
  const lines: string[] = []
  let current = ''
  for (const word of text.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current)
      current = word
    } else {
      current = current === '' ? word : `${current} ${word}`
    }
  }
  return [...lines, current].join(`\n${indent}`)
}
