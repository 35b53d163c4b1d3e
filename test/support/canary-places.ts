import path from 'node:path'

/** The key that a state seals its plans with lies in the state, for its owner only. */
const ownKey = /^state\.json/
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
  // A test gives itself the secret of a helper program; ours are never started by that name.
  if (kind === 'process') return from === process.execPath
  const name = path.basename(from)
  if (ownKey.test(name)) return text.includes(`"key": "${secret}"`)
  return name === 'credentials.json' || text.trim().length <= secret.length + mostBeside
}
