/**
 * The canonical text of a JSON document in UTF-8: object members sorted by name, no white space, strings with the
 * escapes that JSON demands and no others, numbers by their exact decimal value (`1.0`, `1` and `10e-1` are the same,
 * 9007199254740993 stays itself). Repeated members are all kept. Undefined when it is not JSON, or deeper than 100.
 */
export function canonicalJson(raw: Buffer): string | undefined {
  const reader = { text: raw.toString('utf8'), at: 0 }
  try {
    const value = readValue(reader, 0)
    skipBlanks(reader)
    return reader.at === reader.text.length ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

interface Reader {
  readonly text: string
  at: number
}

const maxDepth = 100
const blanks = /[ \t\r\n]*/y
const stringToken = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const numberToken = /(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d{1,9}))?/y
const wordToken = /true|false|null/y

function readValue(reader: Reader, depth: number): string {
  if (depth > maxDepth) throw new SyntaxError('too deep')
  skipBlanks(reader)
  const first = reader.text[reader.at]
  if (first === '{') return readObject(reader, depth)
  if (first === '[') return readArray(reader, depth)
  if (first === '"') return readString(reader)
  const word = take(reader, wordToken)
  if (word) return word[0]
  const number = take(reader, numberToken)
  if (!number) throw new SyntaxError('no value')
  return canonicalNumber(number[1] ?? '', number[2] ?? '', number[3] ?? '', Number(number[4] ?? 0))
}

function readObject(reader: Reader, depth: number): string {
  const members: { name: string; text: string }[] = []
  reader.at++
  for (let more = !takeMark(reader, '}'); more; more = isContinued(reader, '}')) {
    skipBlanks(reader)
    const name = readString(reader)
    if (!takeMark(reader, ':')) throw new SyntaxError('no colon')
    members.push({ name, text: `${name}:${readValue(reader, depth + 1)}` })
  }
  members.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return `{${members.map((member) => member.text).join(',')}}`
}

function readArray(reader: Reader, depth: number): string {
  const values: string[] = []
  reader.at++
  for (let more = !takeMark(reader, ']'); more; more = isContinued(reader, ']'))
    values.push(readValue(reader, depth + 1))
  return `[${values.join(',')}]`
}

function readString(reader: Reader): string {
  const token = take(reader, stringToken)
  if (!token) throw new SyntaxError('no string')
  return JSON.stringify(JSON.parse(token[0]))
}

function canonicalNumber(sign: string, whole: string, fraction: string, exponent: number): string {
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  if (digits === '') return '0'
  const significant = digits.replace(/0+$/, '')
  const power = exponent - fraction.length + digits.length - significant.length
  if (power < 0 || power > 40) return `${sign}${significant}e${power}`
  return `${sign}${significant}${'0'.repeat(power)}`
}

function isContinued(reader: Reader, end: string): boolean {
  if (takeMark(reader, ',')) return true
  if (takeMark(reader, end)) return false
  throw new SyntaxError('no comma and no end')
}

function takeMark(reader: Reader, mark: string): boolean {
  skipBlanks(reader)
  if (reader.text[reader.at] !== mark) return false
  reader.at++
  return true
}

function skipBlanks(reader: Reader): void {
  take(reader, blanks)
}

function take(reader: Reader, token: RegExp): RegExpExecArray | null {
  token.lastIndex = reader.at
  const match = token.exec(reader.text)
  if (match) reader.at = token.lastIndex
  return match
}
