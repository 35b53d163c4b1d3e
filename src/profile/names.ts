import { StixTaxiiError } from '../core/errors.ts'

const slug = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$/
// Device names of Windows, and words that `configure` or the environment already use.
const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d|taxii|director|environment(?:-director)?)(?:\..*)?$/i

/** The name of the profile that is made wholly of environment variables. */
export const environmentName = 'environment'
/** The name of the Director profile that is made wholly of environment variables. */
export const environmentDirectorName = 'environment-director'

/**
 * Refuses what is no name of a profile: 1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter or
 * digit and not ending with a dot, so that it can be a file's name on any system and never looks like a URL or a flag.
 * @throws PROFILE_NAME_INVALID (usage)
 */
export function checkProfileName(name: string): string {
  if (slug.test(name) && !reserved.test(name)) return name
  throw new StixTaxiiError('PROFILE_NAME_INVALID', `"${name}" cannot be the name of a profile`, {
    kind: 'usage',
    hint: reserved.test(name)
      ? 'That word has a meaning of its own; choose another name.'
      : 'Use 1 to 64 letters, digits, dots, dashes or underscores, beginning with a letter or digit.',
    context: { name },
  })
}
