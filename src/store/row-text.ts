const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Readers of columns that hold text as bytes; what is no text, or no JSON, is thrown as `corruption` makes it. */
export function textReaders(corruption: (message: string) => Error): {
  readonly textIn: (row: Readonly<Record<string, unknown>>, column: string) => string
  readonly jsonIn: <Value>(row: Readonly<Record<string, unknown>>, column: string) => Value
} {
  const textIn = (row: Readonly<Record<string, unknown>>, column: string): string => {
    const value = row[column]
    try {
      if (Buffer.isBuffer(value)) return utf8.decode(value)
    } catch {
      // Told below.
    }
    throw corruption(`"${column}" is not text`)
  }
  return {
    textIn,
    jsonIn<Value>(row: Readonly<Record<string, unknown>>, column: string): Value {
      const text = textIn(row, column)
      try {
        return JSON.parse(text) as Value
      } catch {
        throw corruption(`"${column}" is not JSON`)
      }
    },
  }
}
