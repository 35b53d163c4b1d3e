import type { Help } from 'commander'

/** How wide help is written in a terminal of so many columns: within what can be read. */
export function widestHelp(columns: number): number {
  return Math.min(Math.max(columns, 40), 120)
}

/** What is explained beside a flag needs so many columns; with fewer it stands below. */
const leastBeside = 30
const indentBelow = '      '

/**
 * One flag, argument or command of a help text with its explanation: beside it, or in a narrow terminal below it, so that
 * no word is broken. Takes the place of commander's own, which wraps nothing below 40 columns.
 */
export function formatItem(this: Help, term: string, termWidth: number, description: string, help: Help): string {
  if (description === '') return `  ${term}`
  const width = this.helpWidth ?? 80
  const beside = width - termWidth - 4
  if (beside >= leastBeside) {
    const indent = ' '.repeat(termWidth + 4)
    return `  ${term.padEnd(termWidth)}  ${help.boxWrap(description, beside).replaceAll('\n', `\n${indent}`)}`
  }
  const lines = help.boxWrap(description, width - indentBelow.length)
  return `  ${term}\n${indentBelow}${lines.replaceAll('\n', `\n${indentBelow}`)}`
}
