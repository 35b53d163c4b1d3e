import { z } from 'zod'
import { StixTaxiiError } from '../core/errors.ts'

/** What to do with a file whose name is in the storage already. */
export const presentFields = {
  ifAbsent: z.boolean().default(false).describe('a file of that name that is there already is no fault, and is kept'),
  replace: z.boolean().default(false).describe('send it although a file of that name is there'),
}

/** Reads those two. @throws CLI_FLAGS_CONFLICT (usage) for both */
export function wantedPresent(flags: { ifAbsent: boolean; replace: boolean }): 'refuse' | 'replace' | 'keep' {
  if (!flags.ifAbsent) return flags.replace ? 'replace' : 'refuse'
  if (!flags.replace) return 'keep'
  throw new StixTaxiiError('CLI_FLAGS_CONFLICT', '--if-absent keeps what is there, and --replace does not', {
    kind: 'usage',
    hint: 'Give one of them.',
  })
}
