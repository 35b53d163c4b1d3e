import { StixTaxiiError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'
import { Secret } from '../../core/secret.ts'

const maxUsername = 128
const maxPassword = 1024

/**
 * A user name in its one spelling (NFC).
 * @throws SERVE_USERNAME_INVALID (usage) for what Basic cannot send (a colon) or nobody can see.
 */
export function accountName(username: string): string {
  const name = username.normalize('NFC')
  if (name !== '' && name.length <= maxUsername && name === name.trim() && !/[:\p{C}\p{Zl}\p{Zp}]/u.test(name))
    return name
  throw new StixTaxiiError('SERVE_USERNAME_INVALID', `"${printable(name, { maxLength: 80 })}" cannot be a user name`, {
    kind: 'usage',
    hint: `A name has 1 to ${maxUsername} visible characters, no colon, and no blank at its ends.`,
    context: { maxLength: maxUsername },
  })
}

/** @throws SERVE_PASSWORD_INVALID (usage) for none, and for one that is longer than any login would be read. */
export function checkPassword(password: Secret): void {
  const bytes = Buffer.byteLength(Secret.open(password))
  if (bytes > 0 && bytes <= maxPassword) return
  throw new StixTaxiiError(
    'SERVE_PASSWORD_INVALID',
    bytes === 0 ? 'The password is empty' : `The password has ${bytes} bytes`,
    { kind: 'usage', hint: `A password has 1 to ${maxPassword} bytes.`, context: { maxBytes: maxPassword } },
  )
}

/** Whether a pair can be anybody's at all. What cannot is looked at like what is wrong. */
export function isPossiblePair(username: string, password: Secret): boolean {
  return username.length <= maxUsername && Buffer.byteLength(Secret.open(password)) <= maxPassword
}
