import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import type { OutputRecord } from '../../output/writer.ts'
import type { Profile } from '../../profile/profile.ts'
import { secretFields } from '../../profile/secret-fields.ts'
import { defineCommand } from '../command.ts'
import { credentialRow, credentialShape } from '../credential-records.ts'
import { warnOfPlainFiles } from '../profile-records.ts'
import type { Runtime } from '../runtime.ts'

export const credentialList = defineCommand({
  path: 'credential list',
  summary: 'List the secrets of the profiles: which, and where they are',
  details: 'With --check each one is looked for; the sealed store then needs its passphrase. No secret is ever shown.',
  examples: ['stixtaxii credential list', 'stixtaxii credential list acme --check -o json'],
  positional: ['name'],
  input: z.object({
    name: z.string().optional().describe('name of a profile; default: all'),
    check: z.boolean().default(false).describe('see whether each secret is there'),
  }),
  needs: ['profiles', 'credentials', 'output', 'terminal'],
  schema: 'credential-list',
  async run({ name, check }, { profiles, credentials, output, terminal }) {
    const store = await profiles()
    const wanted = name === undefined ? await store.list() : [await store.get(name)]
    const rows: OutputRecord[] = []
    for (const profile of wanted) rows.push(...(await rowsOf(profile, check ? credentials : undefined)))
    await output.list(rows, credentialShape)
    warnOfPlainFiles(wanted, terminal)
  },
})

async function rowsOf(profile: Profile, credentials: Runtime['credentials'] | undefined): Promise<OutputRecord[]> {
  const rows: OutputRecord[] = []
  for (const { field, reference } of secretFields(profile)) {
    let state = reference ? 'unchecked' : 'empty'
    let problem: string | null = null
    if (reference && credentials) {
      try {
        await (await credentials()).resolve(reference, { what: `the ${field}`, profile: profile.name })
        state = 'present'
      } catch (error) {
        if (!(error instanceof StixTaxiiError) || error.kind === 'cancelled') throw error
        state = 'missing'
        problem = error.message
      }
    }
    rows.push({ ...credentialRow(profile, field, reference), state, problem })
  }
  return rows
}
