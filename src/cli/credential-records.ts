import { StixTaxiiError } from '../core/errors.ts'
import type { OutputRecord, Shape } from '../output/writer.ts'
import type { Profile, SecretReference } from '../profile/profile.ts'
import { describeReference, secretFields } from '../profile/secret-fields.ts'
import type { SecretField } from '../profile/secret-fields.ts'

/** One secret of one profile, without the secret. */
export function credentialRow(profile: Profile, field: string, reference: SecretReference | undefined): OutputRecord {
  return {
    profile: profile.name,
    field,
    place: reference?.from ?? null,
    where: reference ? describeReference(reference) : null,
  }
}

export const credentialShape: Shape = {
  columns: [
    { field: 'profile', head: 'Profile' },
    { field: 'field', head: 'Field' },
    { field: 'where', head: 'Where' },
    { field: 'state', head: 'State' },
  ],
  name: 'field',
  empty: 'No profile has a secret. Set one up with: stixtaxii configure',
}

/**
 * The field that is meant: the one named, else that of the authentication, else the only one.
 * @throws PROFILE_FIELD_UNKNOWN (not-found), PROFILE_FIELD_UNNAMED (usage)
 */
export function wantedField(profile: Profile, name: string | undefined): SecretField {
  const fields = secretFields(profile)
  const names = fields.map(({ field }) => field)
  if (fields.length === 0) {
    throw new StixTaxiiError('PROFILE_FIELD_UNKNOWN', `Profile "${profile.name}" uses no secret`, {
      kind: 'not-found',
      hint: `Say how to log in with: stixtaxii configure ${profile.kind} ${profile.name} --username NAME, or --auth SCHEME`,
      context: { profile: profile.name },
    })
  }
  const found = name === undefined ? fields[0] : fields.find(({ field }) => field.toLowerCase() === name.toLowerCase())
  if (found) return found
  // What was typed is not repeated: it may be the secret, given as the argument that it must not be.
  throw new StixTaxiiError('PROFILE_FIELD_UNKNOWN', `Profile "${profile.name}" has no secret of that name`, {
    kind: 'not-found',
    hint: `It has: ${names.join(', ')}. The secret itself is never an argument.`,
    context: { profile: profile.name },
  })
}
