import { z } from 'zod'

// STIXTAXII_DIRECTOR_URL and its companions make up the one profile `environment-director`; flag by flag, one Director's
// token would go to another.
const own = { environment: false } as const

/** Which Director a command talks to: for every command of the group `director`. Spread it into its input. */
export const directorFields = {
  directorUrl: z
    .string()
    .optional()
    .meta({ ...own, value: 'URL', description: 'address of a Director that no profile names; --on takes identifiers' }),
  directorTokenFile: z
    .string()
    .optional()
    .meta({ ...own, value: 'FILE', description: "file whose first line is the Director's API token" }),
  directorCa: z
    .array(z.string())
    .optional()
    .meta({ ...own, value: 'FILE', description: "PEM authorities of the Director's certificate" }),
  directory: z
    .string()
    .optional()
    .meta({
      ...own,
      value: 'FILE',
      description: 'pools, Logpoints and groups as `director directory export` writes them',
    }),
}

/** Values of those flags. */
export type DirectorFlags = { readonly [Key in keyof typeof directorFields]?: z.infer<(typeof directorFields)[Key]> }

/** The Logpoints a command is for. */
export const onField = z
  .array(z.string())
  .optional()
  .meta({
    ...own,
    value: 'TARGET',
    description: 'Logpoints: names (acme/lp1), groups, globs (acme/*), identifiers (POOLID/LOGPOINTID); commas between',
  })

/** Which part of Director's storage a command is about. */
export const storageFields = {
  pool: z
    .string()
    .optional()
    .meta({ value: 'NAME', description: 'the pool whose storage it is; default: the only one' }),
  public: z
    .boolean()
    .default(false)
    .meta({ ...own, description: 'the storage that every pool sees, instead' }),
}

/** How several targets, and the orders that their changes become, are worked through. */
export const orderFields = {
  wait: z.boolean().default(true).describe('end once the change is accepted, and print the path of its order'),
  timeout: z
    .number()
    .int()
    .positive()
    .optional()
    .meta({ value: 'SECONDS', description: 'how long to wait for an order (default 180, installing 900)' }),
}

/** Whether a change is read back. */
export const verifyField = {
  verify: z.boolean().default(true).describe('believe the order, and do not read the list back'),
}

/** How many targets at once. */
export const parallelField = z.number().int().min(1).max(64).default(4).describe('targets worked on at once')

/** The version word as it is sent, for what Director may learn to take. */
export const stixVersionRawField = z
  .string()
  .optional()
  .describe('version word to use as it is, instead of 1 or 2')
  .meta({ value: 'WORD', environment: false })
