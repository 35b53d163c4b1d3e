import type { Column } from './writer.ts'

/** Columns are not cut further than this: where that is still too wide, each record is a block of lines. */
const narrowest = 8
/** No column sends others away by being wider than this. */
const longest = 30
/** Blanks between two columns; every width here has them on its right. */
export const gap = 2

export const sumOf = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width, 0)

/**
 * Indexes of the columns that stay where not all have room. What is left may still be too wide: long cells are cut, so a
 * column counts as `longest` at most, unless it is shown whole.
 */
export function keptColumns(
  rows: readonly (readonly string[])[],
  columns: readonly Column[],
  { widths, room }: { readonly widths: readonly number[]; readonly room: number },
): readonly number[] {
  const isEmpty = (index: number): boolean => rows.every((cells) => ['', '0'].includes(cells[index] ?? ''))
  const rank = (index: number): number => (columns[index]?.minor ?? 0) + (isEmpty(index) ? 1000 : 0)
  const leaving = columns
    .map((_, index) => index)
    .filter((index) => (columns[index]?.minor ?? 0) > 0 || (columns[index]?.minor === 0 && isEmpty(index)))
    .sort((a, b) => rank(b) - rank(a))
  let kept = columns.map((_, index) => index)
  const counted = (index: number): number =>
    columns[index]?.long === 'whole' ? (widths[index] ?? 0) : Math.min(widths[index] ?? 0, longest)
  const total = (): number => sumOf(kept.map(counted)) - gap
  for (const index of leaving) {
    if (total() <= room) break
    kept = kept.filter((each) => each !== index)
  }
  return kept
}

/**
 * Takes from the widest column that is not shown whole until all fit or none can give more. The same array when nothing had
 * to be taken.
 */
export function fit(widths: readonly number[], columns: readonly Column[], room: number): readonly number[] {
  if (sumOf(widths) - gap <= room) return widths
  const cut = [...widths]
  const giving = columns.map((_, index) => index).filter((index) => columns[index]?.long !== 'whole')
  for (let excess = sumOf(widths) - gap - room; excess > 0; excess -= 1) {
    const [widest] = giving.toSorted((a, b) => (cut[b] ?? 0) - (cut[a] ?? 0))
    if (widest === undefined || (cut[widest] ?? 0) <= narrowest + gap) break
    cut[widest] = (cut[widest] ?? 0) - 1
  }
  return cut
}

/** A text in lines of at most `room` columns: broken at blanks, within a word only where the word alone is too long. */
export function wrapped(text: string, room: number): readonly string[] {
  const lines = ['']
  const width = Math.max(room, narrowest)
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last !== '' && widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.splice(last === '' ? -1 : lines.length, last === '' ? 1 : 0, ...pieces(word, width))
  }
  return lines
}

function pieces(word: string, width: number): readonly string[] {
  const parts = ['']
  for (const character of word) {
    const last = parts.at(-1) ?? ''
    if (widthOf(last + character) <= width) parts[parts.length - 1] = last + character
    else parts.push(character)
  }
  return parts
}

const isWide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u

function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += isWide.test(character) || (character.codePointAt(0) ?? 0) > 0x1f2ff ? 2 : 1
  return width
}
