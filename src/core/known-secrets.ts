import { visible } from './visible.ts'

/**
 * The secrets that this process has shown to a server, in each way in which they may come back. A server, a proxy or a
 * library may repeat them in what becomes an error's text ("invalid key abc123"), and the rooms that make errors cannot
 * know them. Hence the one thing in `core` that is shared by all: see docs/decisions/0006.
 */
const spellings = new Map<string, readonly string[]>()

// Shorter texts are found in the middle of words.
const shortest = 4
// More than any number of sources uses; what a watch of months renews pushes out what is long expired.
const mostKept = 4096

/** Remembers a secret that is about to go onto the wire. */
export function rememberSecret(secret: string): void {
  if (secret.length < shortest || spellings.has(secret)) return
  if (spellings.size >= mostKept) spellings.delete(spellings.keys().next().value ?? '')
  spellings.set(secret, spellingsOf(secret))
}

/** Forgets them all, so that a process that judges many inputs (`tools/fuzz`) judges each as the first. */
export function forgetSecrets(): void {
  spellings.clear()
}

/** The text with every secret that is known, however it is written, as `***`. */
export function withoutSecrets(text: string): string {
  let clean = text
  for (const group of spellings.values()) {
    for (const spelling of group) if (clean.includes(spelling)) clean = clean.replaceAll(spelling, '***')
  }
  return clean
}

// Longest first, so that none leaves the rest of another behind.
function spellingsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8')
  const base64 = bytes.toString('base64')
  // A token from a server may hold half a character, which no URL can.
  const text = bytes.toString('utf8')
  const all = [
    secret,
    base64,
    base64.replace(/=+$/, ''),
    bytes.toString('base64url'),
    encodeURIComponent(text),
    encodeURI(text),
    new URLSearchParams({ v: secret }).toString().slice(2),
    JSON.stringify(secret).slice(1, -1),
    visible(secret),
  ]
  return [...new Set(all)].filter((each) => each.length >= shortest).sort((a, b) => b.length - a.length)
}
