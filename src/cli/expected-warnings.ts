/** Warnings of Node about features we chose knowing that they may change; nobody who runs the program can act on them. */
const expected: readonly RegExp[] = [
  /^SQLite is an experimental feature/,
  /^DecompressInterceptor is experimental/,
  /^SOCKS5 proxy support is experimental/,
]

/** Keeps exactly those off standard error; every other warning is told as before. */
export function silenceExpectedWarnings(): void {
  const emit = process.emitWarning.bind(process) as (...parts: unknown[]) => void
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    const text = typeof warning === 'string' ? warning : warning.message
    if (!expected.some((pattern) => pattern.test(text))) emit(warning, ...rest)
  }
}
