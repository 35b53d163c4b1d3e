/** A seed for a campaign that was given none; it is printed, so that the run can be repeated. */
export function newSeed(): number {
  return Date.now() % 1_000_000
}

/**
 * Reads `--name NUMBER ...` over the defaults of a campaign; what does not begin with `--` is returned as words. Throws an
 * Error that names what there is when a flag is not known or its value is no whole number from 0.
 */
export function readCampaignOptions<T extends Readonly<Record<string, number>>>(
  argv: readonly string[],
  defaults: T,
): { readonly options: T; readonly words: readonly string[] } {
  const options: Record<string, number> = { ...defaults }
  const words: string[] = []
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? ''
    if (!word.startsWith('--')) {
      words.push(word)
      continue
    }
    const name = word.slice(2)
    const value = Number(argv[(at += 1)])
    if (!Object.hasOwn(defaults, name) || !Number.isInteger(value) || value < 0) {
      const known = Object.keys(defaults).map((each) => `--${each} N`)
      throw new Error(`${word} ${argv[at] ?? ''}: use ${known.join(' ')}`)
    }
    options[name] = value
  }
  return { options: options as T, words }
}
