/** What a function of a package prints through the console, which gives no other way to its text. Nothing is printed. */
export function printedBy(print: () => void): string {
  const lines: string[] = []
  const log = console.log
  console.log = (...parts: unknown[]) => void lines.push(parts.map(String).join(' '))
  try {
    print()
  } finally {
    console.log = log
  }
  return lines.map((line) => `${line}\n`).join('')
}
