import path from 'node:path'

/** Whether a test itself put the secret there, or a user who chose to: where it is no leak. */
export function isKeptOnPurpose(
  kind: 'output' | 'file' | 'process',
  from: string,
  text: string,
  secret: string,
): boolean {
  // What is generated is shown once, to whoever asked for it.
  if (kind === 'output') return from.includes('--generate-password')
  if (kind === 'process') return from === process.execPath
  const name = path.basename(from)
  // The credential file of --credential-store file, and files that hold a secret and nothing else.
  return name === 'credentials.json' || text.trim() === Buffer.from(secret, 'utf8').toString('latin1').trim()
}
