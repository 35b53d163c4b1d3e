import { z } from 'zod'
import { StixTaxiiError } from '../core/errors.ts'
import type { DirectorSettings } from './director-definition.ts'

const own = { environment: false } as const
const texts = (value: string, about: string): z.ZodDefault<z.ZodArray<z.ZodString>> =>
  z
    .array(z.string())
    .default([])
    .meta({ ...own, value, description: about })

/** The flags of `configure` that only a Director profile has. */
export const directorDefinitionFields = {
  pool: texts('NAME=ID', 'Director: a pool and its UUID; NAME= removes it'),
  logpoint: texts('POOL/NAME=ID', 'Director: a Logpoint in a pool and its identifier; POOL/NAME= removes it'),
  group: texts('NAME=TARGETS', 'Director: a name for several Logpoints, as europe=acme/lp1,acme/lp2; NAME= removes it'),
  directory: z
    .string()
    .optional()
    .meta({ ...own, value: 'FILE', description: 'Director: all of those from a file of `director directory export`' }),
  tokenAlwaysActive: z
    .boolean()
    .optional()
    .meta({ ...own, description: 'Director: the token was made "Always Active" and does not end after 8 hours' }),
  apiPrefix: z
    .string()
    .optional()
    .meta({ ...own, value: 'PATH', description: 'Director: what paths begin with (default configapi)' }),
  packageUpload: z
    .enum(['raw', 'multipart'])
    .optional()
    .meta({ ...own, description: 'Director: how packages are sent (default raw)' }),
}

type Given = z.infer<z.ZodObject<typeof directorDefinitionFields>>

/** Parts what only a Director profile has from what both kinds have. */
export function splitDirectorSettings<T extends Given>(
  input: T,
): { settings: DirectorSettings; flags: Omit<T, keyof Given> } {
  const { pool, logpoint, group, directory, tokenAlwaysActive, apiPrefix, packageUpload, ...flags } = input
  const settings = {
    pools: pool,
    logpoints: logpoint,
    groups: group,
    directory,
    tokenAlwaysActive,
    apiPrefix,
    packageUpload,
  }
  return { settings, flags }
}

/** A TAXII profile has none of it. @throws PROFILE_FLAG_INVALID (usage) */
export function refuseDirectorSettings(settings: DirectorSettings): void {
  const { pools, logpoints, groups, directory, tokenAlwaysActive, apiPrefix, packageUpload } = settings
  const isGiven = pools.length + logpoints.length + groups.length > 0
  const rest = [directory, tokenAlwaysActive, apiPrefix, packageUpload]
  if (!isGiven && rest.every((value) => value === undefined)) return
  throw new StixTaxiiError(
    'PROFILE_FLAG_INVALID',
    '--pool, --logpoint, --group, --directory and the like belong to director profiles',
    { kind: 'usage', hint: 'Write: stixtaxii configure director NAME' },
  )
}
