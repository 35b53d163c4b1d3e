import path from 'node:path'

/** A file with one secret and little else is where a user keeps it. */
const mostBeside = 16
/** Requests carry a user name beside the password; it is shown wherever accounts and profiles are. */
const userName = /(?:user(?:name)?|account)"?[ =:]+"?$|^bridge-[0-9a-f]{8}$/i

/** Whether a test itself put the secret there, or a user who chose to: where it is no leak. */
export function isKeptOnPurpose(
  kind: 'output' | 'file' | 'process',
  from: string,
  text: string,
  secret: string,
): boolean {
  const at = text.indexOf(secret)
  if (userName.test(secret) || (at >= 0 && userName.test(text.slice(Math.max(0, at - 20), at)))) return true
  // What is generated is shown once, to whoever asked for it.
  if (kind === 'output') return from.includes('--generate-password')
  // Tests start helper programs and make locked keys; the program itself starts neither by these names.
  if (kind === 'process') return from === process.execPath || from === 'openssl'
  // The key that a state seals its plans with lies in the state, for its owner only.
  if (text.includes(`"key": "${secret}",\n "sources"`)) return true
  const name = path.basename(from)
  return name === 'credentials.json' || text.trim().length <= secret.length + mostBeside
}
