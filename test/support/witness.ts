let watcher: ((from: string, text: string) => void) | undefined

/** From now on every command's output is shown to this function: see canary-witness.ts. */
export function watchOutput(watch: (from: string, text: string) => void): void {
  watcher = watch
}

/** Called by the tests' ways of running a command, with what it printed. */
export function witness(
  command: string,
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
): void {
  watcher?.(command, stdout)
  watcher?.(command, stderr)
}
